import { badRequest } from '../couch-error.js';

/** A parameter that is `true` or `false`. */
export function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw badRequest(`Invalid value for ${name}: ${text}`, 'query_parse_error');
}

/** A parameter that is a whole number of at least 0. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,18}$/.test(text)) throw badRequest(`Invalid value for integer: "${text}"`, 'query_parse_error');
  return Number(text);
}

/** A parameter that is JSON. */
export function jsonValue(query: URLSearchParams, name: string): unknown {
  const text = query.get(name);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('Invalid UTF-8 JSON', 'bad_request');
  }
}

/** A list of texts, as JSON has it. */
export function textList(value: unknown, name: string): string[] {
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) return value;
  throw badRequest(`\`${name}\` must be an array of strings.`);
}
