export { noDefinition, type FieldDefinition, type FormDefinition } from './definitions/definition.js';
export { readXForms } from './definitions/read-xforms.js';
export { unifiedDiff } from './files/unified-diff.js';
export { besideSuffix } from './folder.js';
export type { Plan, PlannedFile } from './plan.js';
export { scaffold, type Scaffolded, type ScaffoldOptions } from './scaffold.js';
