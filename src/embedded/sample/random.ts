const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A seeded source of random numbers (xoshiro128** of Blackman and Vigna, its state filled by splitmix32). The same seeds
 * give the same numbers on every machine. Not for secrets.
 */
export class Random {
  readonly #state: [number, number, number, number];

  /** @param seeds - integers; a stream for each combination, such as the run's seed and the number of an area. */
  constructor(...seeds: readonly number[]) {
    let mixed = 0;
    const draw = (): number => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed ^ (mixed >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#state = [1, 2, 3, 4];
    for (const seed of seeds) {
      mixed ^= seed;
      for (let i = 0; i < 4; i += 1) {
        const at = i as 0 | 1 | 2 | 3;
        this.#state[at] = (this.#state[at] ^ draw()) >>> 0;
      }
    }
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** The next 32 bits. */
  bits(): number {
    const s = this.#state;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + this.unit() * (to - from);
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** `yes` with this probability, else `no`, as forms answer. */
  yes(probability: number): 'yes' | 'no' {
    return this.chance(probability) ? 'yes' : 'no';
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[Math.floor(this.unit() * list.length)] ?? list[0];
  }

  /** Hexadecimal digits, eight for each of `words`. */
  hex(words: number): string {
    let text = '';
    for (let i = 0; i < words; i += 1) {
      const bits = this.bits();
      text += `${byte(bits >>> 24)}${byte(bits >>> 16)}${byte(bits >>> 8)}${byte(bits)}`;
    }
    return text;
  }

  /** An identifier in the form of a version 4 UUID. */
  uuid(): string {
    const digits = this.hex(4);
    const variant = (8 + (this.bits() & 3)).toString(16);
    const last = `${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${last}`;
  }

  /** Decimal digits. */
  digits(count: number): string {
    let text = '';
    for (let i = 0; i < count; i += 1) text += this.integer(0, 9).toString();
    return text;
  }
}

function byte(bits: number): string {
  return hexOfByte[bits & 0xff] ?? '00';
}
