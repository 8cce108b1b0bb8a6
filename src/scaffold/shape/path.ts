/** The way to a field: the names of members, from the outermost. */
export type Path = readonly string[];

/** A path as one text, in which no two paths are the same: `group/field`; as a JSON Pointer (RFC 6901), without its first slash. */
export function keyOf(path: Path): string {
  return path.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
}

/** The path that a key stands for. */
export function pathOf(key: string): Path {
  return key.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
