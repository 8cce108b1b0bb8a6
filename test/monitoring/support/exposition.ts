/** A line of Prometheus' text format. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All lines of a metric; its labels hold no quotes here. */
export function valuesOf(text: string, name: string): Series[] {
  return [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value = '']) => ({
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of])),
    value: Number(value),
  }));
}

/** The value of the line with just these labels; undefined when there is none. */
export function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const wanted = Object.entries(labels);
  const found = valuesOf(text, name).filter(
    ({ labels: of }) => Object.keys(of).length === wanted.length && wanted.every(([key, value]) => of[key] === value),
  );
  if (found.length > 1) throw new Error(`${name} has a line twice`);
  return found[0]?.value;
}
