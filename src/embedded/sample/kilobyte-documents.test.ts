import { expect, test } from 'vitest';
import { kiloByteDocuments } from './kilobyte-documents.js';

test('documents for a benchmark have the asked size and an id each, and the same seed gives the same ones', () => {
  for (const bytes of [800, 1000, 4000]) {
    const documents = [...kiloByteDocuments({ count: 500, seed: 3, bytes })];
    expect(new Set(documents.map(({ _id }) => _id)).size).toBe(500);
    for (const document of documents) {
      expect(Math.abs(JSON.stringify(document).length - bytes)).toBeLessThanOrEqual(8);
    }
    expect([...kiloByteDocuments({ count: 500, seed: 3, bytes })]).toEqual(documents);
  }
});
