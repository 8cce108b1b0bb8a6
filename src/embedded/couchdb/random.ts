/** A number in [0, 1), as `Math.random` gives. */
export type Random = () => number;

/** So many hexadecimal digits. */
export function randomHex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}
