import type { SampleOptions } from './deployment.js';
import type { SampleDatabase, SampleDocument } from './documents.js';
import { sampleData } from './sample-data.js';

/** An edit that shows in the model `person`: someone gets another telephone number. */
export interface ExampleEdit {
  readonly database: SampleDatabase;
  readonly id: string;
  /** The revision it has in a fresh sample. */
  readonly rev: string;
  readonly field: 'phone';
  readonly before: string;
  readonly after: string;
  /** The whole document after the edit, with `_rev`, as PUT wants it. */
  readonly edited: SampleDocument;
}

/**
 * The document for a first try: the community health worker of the first area, who is in every sample and has only one
 * revision.
 */
export function exampleEdit(options: SampleOptions): ExampleEdit {
  for (const { database, documents } of sampleData(options)) {
    const worker = database === 'medic' ? documents.find(({ role }) => role === 'chw') : undefined;
    if (worker === undefined) continue;
    const before = String(worker.phone);
    const after = before.slice(0, -4) + (before.endsWith('2468') ? '1357' : '2468');
    const edited = { ...worker, phone: after };
    return { database, id: worker._id, rev: String(worker._rev), field: 'phone', before, after, edited };
  }
  throw new Error('The sample has no community health worker.');
}
