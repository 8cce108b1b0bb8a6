import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSequence, SequenceWriter, startsOf } from './sequence.js';

const position = fc.record({
  uuid: fc.stringMatching(/^[0-9a-f]{16}$/),
  seq: fc.nat({ max: 2 ** 40 }),
});

test('a sequence that was given out is understood again, with quotes or without its number too', () => {
  fc.assert(
    fc.property(fc.array(position, { minLength: 1, maxLength: 12 }), (positions) => {
      const text = new SequenceWriter(positions).toString();
      expect(readSequence(text)).toEqual(positions);
      expect(readSequence(`"${text}"`)).toEqual(positions);
      expect(readSequence(text.slice(text.indexOf('-') + 1))).toEqual(positions);
    }),
  );
});

test('the number before it is the sum of the counters, unless it is to bounce', () => {
  const positions = [
    { uuid: '0'.repeat(16), seq: 40 },
    { uuid: '1'.repeat(16), seq: 2 },
  ];
  const writer = new SequenceWriter(positions);
  writer.move(1, 60);
  expect(writer.toString()).toMatch(/^100-/);
  expect(new SequenceWriter(positions, () => 0.5).toString()).toMatch(/^21-/);
});

test.each(['5', 'abc', '1-', '1-AAAA', 'now-', '{}', '1-????', ''])('%j is refused', (text) => {
  expect(() => readSequence(text)).toThrow(/Malformed sequence/);
});

test('a shard whose uuid is not in the sequence begins again', () => {
  const shards = [
    { uuid: 'a', seq: 9 },
    { uuid: 'b', seq: 9 },
  ];
  expect(
    startsOf(shards, [
      { uuid: 'b', seq: 7 },
      { uuid: 'c', seq: 5 },
    ]),
  ).toEqual([0, 7]);
  expect(startsOf(shards, [{ uuid: 'a', seq: 99 }])).toEqual([99, 0]);
});
