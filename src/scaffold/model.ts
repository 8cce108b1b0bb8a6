import type { Ancestors } from './hierarchy.js';
import type { Field } from './shape/field.js';
import type { Path } from './shape/path.js';

/** A column that every model of a sort has. */
export interface CommonColumn {
  readonly name: string;
  readonly type: string;
  readonly description: string;
}

const text = 'text';
const uuid = { name: 'uuid', type: text, description: 'The key of the document.' };
const saved = { name: 'saved_timestamp', type: 'timestamp', description: 'The watermark of its last change.' };
const reported = { name: 'reported', type: 'timestamp with time zone' };

/** The columns that `cht_form_model` puts before those of the form. */
export const reportColumns: readonly CommonColumn[] = [
  uuid,
  saved,
  { name: 'reported_by', type: text, description: 'Who sent it.' },
  { name: 'reported_by_parent', type: text, description: 'The place that who sent it belongs to.' },
  { ...reported, description: 'When it was sent. NULL when that is no time.' },
];

/** The columns that `cht_contact_model` puts before those of the type. */
export const contactColumns: readonly CommonColumn[] = [
  uuid,
  saved,
  { name: 'parent_uuid', type: text, description: 'The place it belongs to.' },
  { ...reported, description: 'When it was registered. NULL when that is no time.' },
  { name: 'name', type: text, description: 'Its name.' },
];

/** The key of a repeat's model. */
export const repeatKey = 'id';

/** A column that is made of a field. */
export interface Column extends Field {
  readonly name: string;
}

/** A model that is to be written. */
export interface Model {
  readonly name: string;
  /** What it is called where it is defined. */
  readonly title?: string;
  readonly columns: readonly Column[];
  /** Fields for which there was no room. */
  readonly leftOut: number;
}

/** The model of a form: one row for each report. */
export interface FormModel extends Model {
  readonly form: string;
  readonly repeats: readonly RepeatModel[];
}

/** The model of a repeat: one row for each element. */
export interface RepeatModel extends Model {
  readonly form: string;
  /** The arrays on the way to an element, from the outermost; the path of each begins at an element of the one before. */
  readonly arrays: readonly Path[];
  /** The columns that say which element of each array it is, the outermost first. */
  readonly positions: readonly string[];
}

/** The model of a contact type: one row for each contact. */
export interface ContactModel extends Model {
  readonly type: string;
  readonly ancestors: Ancestors;
}
