import { isUtf8 } from 'node:buffer';
import { badRequest } from '../couch-error.js';
import { compact } from './scan.js';

/** A JSON text that has been checked, without whitespace between its tokens, and what it means. */
export interface JsonBody {
  readonly text: string;
  readonly value: unknown;
}

/** @throws CouchError 400 when the bytes are not JSON in UTF-8. */
export function jsonBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw badRequest('invalid UTF-8 JSON');
  const text = bytes.toString('utf8');
  try {
    return { value: JSON.parse(text) as unknown, text: compact(text) };
  } catch {
    throw badRequest('invalid UTF-8 JSON');
  }
}

/** @throws CouchError 400 when the body is not a JSON object. */
export function jsonObject(body: JsonBody): Record<string, unknown> {
  if (typeof body.value !== 'object' || body.value === null || Array.isArray(body.value)) {
    throw badRequest('Request body must be a JSON object');
  }
  return body.value as Record<string, unknown>;
}
