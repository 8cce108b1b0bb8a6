import { isBlank, type Scalar } from '../values/fits.js';
import { ObservedValues } from '../values/observed.js';

/** Levels of groups that become columns; what is deeper stays JSON. */
const deepest = 8;
/** Members of one object that are looked at: an object with more is used as a map, of ids perhaps. */
const mostMembers = 1500;

/** Tells which members are left out, by their path from the root or from the element of a repeat. */
export type IsInternal = (path: readonly string[]) => boolean;

/** What the values at one place of many documents look like: a field, a group, a repeat, or some of each. */
export class Shape {
  readonly values = new ObservedValues();
  readonly members = new Map<string, Shape>();
  /** What the elements of arrays of objects look like. */
  elements: Shape | undefined;
  /** How often it was an object, an array of objects, and an array of anything else or an object nested too deeply. */
  objects = 0;
  repeats = 0;
  others = 0;

  constructor(
    private readonly isInternal: IsInternal,
    private readonly path: readonly string[] = [],
    private readonly depth = 0,
  ) {}

  /** Takes in the value of one more document. */
  add(value: unknown): void {
    if (Array.isArray(value)) this.#addArray(value);
    else if (typeof value === 'object' && value !== null) this.#addObject(value);
    else this.values.add(value as Scalar);
  }

  /** The member of a name, which is made if it is not there. */
  member(name: string): Shape {
    const known = this.members.get(name);
    if (known !== undefined) return known;
    const made = new Shape(this.isInternal, [...this.path, name], this.depth + 1);
    this.members.set(name, made);
    return made;
  }

  #addArray(array: readonly unknown[]): void {
    const filled = array.filter((element) => !(isScalar(element) && isBlank(element)));
    if (filled.length === 0) return;
    if (this.depth >= deepest || !filled.every(isObject)) {
      this.others += 1;
      return;
    }
    this.repeats += 1;
    this.elements ??= new Shape(this.isInternal, [...this.path, '*'], this.depth + 1);
    for (const element of filled) this.elements.#addObject(element);
  }

  #addObject(object: object): void {
    if (this.depth >= deepest) {
      this.others += 1;
      return;
    }
    this.objects += 1;
    for (const [name, value] of Object.entries(object)) {
      if (this.isInternal([...this.path, name])) continue;
      if (this.members.size >= mostMembers && !this.members.has(name)) continue;
      this.member(name).add(value);
    }
  }
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
