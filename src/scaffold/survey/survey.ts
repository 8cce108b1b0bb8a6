import type { FormDefinition } from '../definitions/definition.js';
import type { ParentTypes } from '../hierarchy.js';
import type { Shape } from '../shape/shape.js';

/** What documents of one form, or one type of contact, look like. */
export interface Surveyed {
  readonly shape: Shape;
  readonly definition: FormDefinition;
}

/** What the synced documents look like. */
export interface Survey {
  /** By the name of the form. */
  readonly forms: ReadonlyMap<string, Surveyed>;
  /** By the type of the contact. */
  readonly contacts: ReadonlyMap<string, Surveyed>;
  readonly parents: ParentTypes;
}
