import type { Choices } from '../values/choices.js';
import type { Kind } from '../values/kind.js';
import { keyOf, type Path } from '../shape/path.js';

/** What the definition of a form says of a field. */
export interface FieldDefinition {
  readonly path: Path;
  /** What its values should be; undefined where it does not say, as for what a form computes. */
  readonly kind?: Kind;
  readonly label?: string;
  /** Whether it only shows something: it has no column as long as no document has a value. */
  readonly isNote?: boolean;
  readonly choices?: Choices;
}

/** The fields of a form, or of a repeat in it, in their order. */
export interface FormDefinition {
  readonly title?: string;
  readonly fields: readonly FieldDefinition[];
  readonly repeats: readonly RepeatDefinition[];
}

/** A part of a form that is filled in as often as one likes; the paths of its fields begin at an element. */
export interface RepeatDefinition extends FormDefinition {
  readonly path: Path;
}

/** Nothing is known of the form. */
export const noDefinition: FormDefinition = { fields: [], repeats: [] };

/** The repeat of a definition at a path; one without fields when it has none there. */
export function repeatAt({ repeats }: FormDefinition, path: Path): FormDefinition {
  return repeats.find((repeat) => keyOf(repeat.path) === keyOf(path)) ?? noDefinition;
}
