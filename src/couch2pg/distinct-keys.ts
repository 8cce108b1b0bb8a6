/**
 * Counts the keys of all objects in a JSON text; one that stands twice in an object counts once, as it does in `jsonb`.
 * It parses the whole: for the rare document only. Text that is no JSON has none.
 */
export function distinctKeys(json: Buffer): number {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.toString('utf8'));
  } catch {
    return 0;
  }
  let keys = 0;
  // Not by recursion: what PostgreSQL can hold may be nested deeper than the stack of Node lets it.
  const open: unknown[] = [parsed];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const values: unknown[] = Object.values(value);
    if (!Array.isArray(value)) keys += values.length;
    for (const inner of values) if (typeof inner === 'object') open.push(inner);
  }
  return keys;
}
