import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstIdBehind } from './all-docs.js';
import { CouchDbClient } from './client.js';
import { Database } from './database.js';

/** A server that gives the answers it was told, byte by byte, and remembers what it was asked. */
async function answering() {
  const asked: { method: string; url: string; body: string }[] = [];
  const answers: { pieces: readonly Buffer[]; cut: boolean; status: number }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        body: Buffer.concat(chunks).toString(),
      });
      const { pieces, cut, status } = answers.shift()!;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.flushHeaders();
      for (const piece of pieces) await new Promise((written) => response.write(piece, written));
      if (cut) response.socket?.destroy();
      else response.end();
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = new CouchDbClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return {
    database: new Database(client, 'medic'),
    asked,
    answer: (text: string, { cut = false, status = 200, sizes = [] as readonly number[] } = {}) =>
      answers.push({ pieces: inPieces(Buffer.from(text), sizes), cut, status }),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? bytes.length;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

async function all<T>(pieces: AsyncIterable<readonly T[]>, into: T[] = []): Promise<T[]> {
  for await (const piece of pieces) into.push(...piece);
  return into;
}

const allDocs = (rows: readonly string[]) =>
  `{"total_rows":${rows.length},"offset":0,"rows":[\r\n${rows.join(',\r\n')}\r\n]}\n`;
const id = fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }));

describe('allDocs', () => {
  test('gives every row and the bytes of its document, however the answer is split', async () => {
    await using server = await answering();
    const document = fc.record({
      n: fc.integer(),
      text: fc.constantFrom(']}', '\r\n]}\n', '},\r\n{"id":', '\\"', 'é😀'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(id, document), { selector: ([key]) => key, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }),
        async (documents, sizes) => {
          const texts = documents.map(([_id, body]) =>
            JSON.stringify({ _id, _rev: '1-a', ...body, big: 0 }).replace(/0\}$/, '123456789012345678901.0}'),
          );
          const rows = documents.map(([key], n) => {
            const name = JSON.stringify(key);
            return `{"id":${name},"key":${name},"value":{"rev":"1-a"},"doc":${texts[n]!}}`;
          });
          server.answer(allDocs(rows), { sizes });
          const found = await all(server.database.allDocs({ includeDocs: true }));
          expect(found.map((row) => row.id)).toEqual(documents.map(([key]) => key));
          expect(found.map(({ document: read }) => read?.text.toString())).toEqual(texts);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('asks for a range of keys, as JSON', async () => {
    await using server = await answering();
    server.answer(allDocs([]));
    await all(server.database.allDocs({ startKey: firstIdBehind('a/"ü'), endKey: 'z+', limit: 7, includeDocs: false }));
    const url = new URL(server.asked[0]!.url, 'http://x');
    expect(url.pathname).toBe('/medic/_all_docs');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      include_docs: 'false',
      start_key: '"a/\\"ü\\u0000"',
      end_key: '"z+"',
      limit: '7',
    });
  });

  test('reads from the end where asked to', async () => {
    await using server = await answering();
    server.answer(allDocs([]));
    await all(server.database.allDocs({ startKey: 'z', descending: true, limit: 2, includeDocs: false }));
    expect(Object.fromEntries(new URL(server.asked[0]!.url, 'http://x').searchParams)).toMatchObject({
      start_key: '"z"',
      descending: 'true',
    });
  });

  test('an answer that ends too early is an error, and what came before it is given', async () => {
    await using server = await answering();
    const whole = allDocs(['{"id":"a","key":"a","value":{"rev":"1-a"}}', '{"id":"b","key":"b","value":{"rev":"1-b"}}']);
    for (let length = 0; length < whole.length - 2; length += 7) {
      for (const cut of [false, true]) {
        server.answer(whole.slice(0, length), { cut });
        const rows: { id: string }[] = [];
        await expect(all(server.database.allDocs({ includeDocs: false }), rows)).rejects.toMatchObject({
          code: 'COUCHDB_UNREACHABLE',
          passing: true,
        });
        expect(['a', 'b'].slice(0, rows.length)).toEqual(rows.map((row) => row.id));
      }
    }
  });

  test('an error of CouchDB in mid-answer is an error', async () => {
    await using server = await answering();
    server.answer(
      '{"total_rows":9,"offset":0,"rows":[\r\n{"id":"a","key":"a","value":{"rev":"1-a"}},\r\n{"error":"timeout"}\r\n]}',
    );
    await expect(all(server.database.allDocs({ includeDocs: false }))).rejects.toMatchObject({ name: 'SyncError' });
  });
});

test('revisionsOf tells documents, tombstones and what CouchDB does not know apart', async () => {
  await using server = await answering();
  server.answer(
    '{"total_rows":9,"offset":null,"rows":[\r\n' +
      '{"id":"a/ü","key":"a/ü","value":{"rev":"1-a"}},\r\n' +
      '{"id":"b","key":"b","value":{"rev":"2-b","deleted":true}},\r\n' +
      '{"key":"__proto__","error":"not_found"}\r\n]}\n',
  );
  const revisions = await server.database.revisionsOf(['a/ü', 'b', '__proto__']);
  expect([...revisions]).toEqual([
    ['a/ü', { rev: '1-a', deleted: false }],
    ['b', { rev: '2-b', deleted: true }],
    ['__proto__', undefined],
  ]);
  expect(server.asked).toMatchObject([{ method: 'POST', body: '{"keys":["a/ü","b","__proto__"]}' }]);
});

test('documentsOf gives living documents and the bodies of tombstones, byte for byte', async () => {
  await using server = await answering();
  const living = '{"_id":"a","_rev":"1-a","n":1.0}';
  const tombstone = '{"_id":"b","_rev":"2-b","_deleted":true,"reason":"],}"}';
  server.answer(
    '{"total_rows":9,"offset":null,"rows":[\r\n' +
      `{"id":"a","key":"a","value":{"rev":"1-a"},"doc":${living}},\r\n` +
      '{"id":"b","key":"b","value":{"rev":"2-b","deleted":true},"doc":null},\r\n' +
      '{"id":"c","key":"c","value":{"rev":"3-c","deleted":true},"doc":null},\r\n' +
      '{"key":"d","error":"not_found"}\r\n]}\n',
  );
  server.answer(
    `{"results": [{"id": "b", "docs": [{"ok":${tombstone}}]},` +
      '{"id": "c", "docs": [{"error":{"id":"c","rev":"3-c","error":"not_found","reason":"missing"}}]}]}',
  );
  const documents = await server.database.documentsOf(['a', 'b', 'c', 'd']);
  expect(documents.map(({ text, ...rest }) => ({ ...rest, text: text.toString() }))).toEqual([
    { id: 'a', rev: '1-a', deleted: false, text: living },
    { id: 'b', rev: '2-b', deleted: true, text: tombstone },
    { id: 'c', rev: '3-c', deleted: true, text: '{"_id":"c","_rev":"3-c","_deleted":true}' },
  ]);
  expect(server.asked[1]).toMatchObject({
    url: '/medic/_bulk_get',
    body: '{"docs":[{"id":"b","rev":"2-b"},{"id":"c","rev":"3-c"}]}',
  });
});

test('a living document that CouchDB cannot read is an error, not a tombstone', async () => {
  await using server = await answering();
  server.answer(
    '{"total_rows":9,"offset":null,"rows":[\r\n{"id":"a","key":"a","value":{"rev":"1-a"},"doc":null}\r\n]}\n',
  );
  server.answer('{"results": [{"id": "a", "docs": [{"error":{"id":"a","rev":"1-a","error":"timeout"}}]}]}');
  await expect(server.database.documentsOf(['a'])).rejects.toMatchObject({
    code: 'COUCHDB_UNREACHABLE',
    passing: true,
  });
});

test('missingRevisions gives the revisions that CouchDB does not know', async () => {
  await using server = await answering();
  server.answer('{"b":{"missing":["2-b","3-b"],"possible_ancestors":["1-b"]},"__proto__":{"missing":["1-c"]}}\n');
  const revisions = [
    { id: 'a', rev: '1-a' },
    { id: 'b', rev: '2-b' },
    { id: 'b', rev: '3-b' },
    { id: '__proto__', rev: '1-c' },
  ];
  expect(await server.database.missingRevisions(revisions)).toEqual(revisions.slice(1));
  expect(server.asked[0]).toMatchObject({ body: '{"a":["1-a"],"b":["2-b","3-b"],"__proto__":["1-c"]}' });
});

test('currentSequence gives the sequence behind the newest change', async () => {
  await using server = await answering();
  server.answer('{"results":[\n],\n"last_seq":"12-xyz","pending":0}\n');
  expect(await server.database.currentSequence()).toBe('12-xyz');
  expect(server.asked[0]?.url).toBe('/medic/_changes?since=now&limit=0');
});

test('purgedInfos gives what was purged, and nothing where CouchDB is too old to tell', async () => {
  await using server = await answering();
  server.answer('{"purged_infos":[{"id":"a","revs":["1-a"]}]}\n');
  expect(await server.database.purgedInfos()).toEqual([{ id: 'a', revs: ['1-a'] }]);
  server.answer('{"error":"illegal_docid","reason":"Only reserved document ids may start with underscore."}', {
    status: 400,
  });
  expect(await server.database.purgedInfos()).toBeUndefined();
  server.answer('{"error":"not_found","reason":"Database does not exist."}', { status: 404 });
  await expect(server.database.purgedInfos()).rejects.toMatchObject({ code: 'COUCHDB_DATABASE_MISSING' });
});
