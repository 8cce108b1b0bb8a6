import type { FieldDefinition } from '../definitions/definition.js';
import { observedChoices, type Choices } from '../values/choices.js';
import { isWithin, kinds, type Kind } from '../values/kind.js';
import type { Path } from './path.js';
import type { Shape } from './shape.js';

/** A field that becomes a column. */
export interface Field {
  readonly path: Path;
  /** What its values are; undefined as long as no value was seen and none is declared: it is text meanwhile. */
  readonly kind: Kind | undefined;
  /** In how many of a hundred documents it is filled in, as it was last told. */
  readonly share: number;
  readonly label?: string;
  readonly choices?: Choices;
  /** Why it is text though it is declared as something else. */
  readonly remark?: string;
}

/** What was written down of a field when it was last looked at. */
export interface KnownField {
  readonly kind?: Kind | undefined;
  readonly share: number;
  readonly choices?: readonly string[] | undefined;
}

/** Fields whose digits are a name, not a quantity. */
const isKey = (path: Path) =>
  /(^|_)(u?u?id|phone\w*|mobile|tel|msisdn|code|nin|pin|barcode|serial)$|Id$/i.test(path.at(-1) ?? '');
/** Fields whose large numbers are milliseconds since 1970. */
const isTime = (path: Path) => /date|time|timestamp|(_|^)(at|on)$/i.test(path.at(-1) ?? '');
/** A share is told anew when it has changed by so much: else each look would tell another one. */
const steadiness = 10;

/**
 * What a field is: as it is declared, if its values agree, otherwise as they look. What was known of it counts, too: values
 * that were seen earlier are still in the documents, so a kind only becomes wider.
 */
export function fieldOf(
  path: Path,
  seen: Shape | undefined,
  { total, declared, known }: { total: number; declared?: FieldDefinition | undefined; known?: KnownField | undefined },
): Field {
  const observed = observedKind(path, seen);
  const agrees = (kind: Kind) => seen === undefined || (structures(seen) === 0 && seen.values.allFit(kind));
  const asDeclared = declared?.kind !== undefined && agrees(declared.kind);
  const kind = widened(asDeclared ? declared.kind : declared?.kind === undefined ? observed : 'text', known?.kind);
  const choices = mergedChoices(declared?.choices ?? (seen && kind === 'text' ? observedChoices(seen.values, path) : undefined), known?.choices); // prettier-ignore
  const share =
    total === 0
      ? undefined
      : (100 * ((seen?.values.filled ?? 0) + (seen === undefined ? 0 : structures(seen)))) / total;
  return {
    path,
    kind,
    share: steadyShare(share, known?.share),
    ...(declared?.label === undefined ? {} : { label: declared.label }),
    ...(choices === undefined || kind !== 'text' ? {} : { choices }),
    ...(declared?.kind === undefined || kind === declared.kind
      ? {}
      : { remark: `declared as ${declared.kind}, which not all values are` }),
  };
}

function observedKind(path: Path, seen: Shape | undefined): Kind | undefined {
  if (seen === undefined) return undefined;
  if (structures(seen) > 0) return seen.values.filled > 0 ? 'text' : 'json';
  if (isKey(path)) return seen.values.filled > 0 ? 'text' : undefined;
  const kind = seen.values.narrowest((each) => each !== 'epoch' && each !== 'json');
  return kind === 'integer' && isTime(path) && seen.values.allFit('epoch') ? 'epoch' : kind;
}

/** How often a field was an array or an object. */
function structures({ others, objects, repeats }: Shape): number {
  return others + objects + repeats;
}

/** The narrowest kind that holds the values of two. */
export function widened(one: Kind | undefined, other: Kind | undefined): Kind | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return kinds.find((kind) => isWithin(one, kind) && isWithin(other, kind)) ?? 'text';
}

function steadyShare(now: number | undefined, told: number | undefined): number {
  if (now === undefined) return told ?? 0;
  return told !== undefined && Math.abs(now - told) < steadiness ? told : Math.round(now / 10) * 10;
}

function mergedChoices(now: Choices | undefined, known: readonly string[] | undefined): Choices | undefined {
  if (now === undefined || known === undefined) return now;
  return { ...now, values: [...new Set([...known, ...now.values])] };
}
