import { nameOf, type Block } from './blocks.js';

/** Why a block is not run here; `unrun.ts` checks such a block otherwise. */
export const reasons = {
  docker: 'there is no Docker engine in the tests',
  helm: 'there is no Helm and no cluster in the tests',
  kubectl: 'there is no cluster in the tests',
  slow: 'it takes minutes, or is a suite of tests itself',
  demo: 'it starts a demonstration as the one that the tests have started already',
  superset: 'it needs a Superset, which is installed by a suite of its own',
  'postgres-tools': 'it needs the client programs of PostgreSQL, of the version of the server',
  'postgres-build': 'the PostgreSQL of the tests was built without it',
  prometheus: 'it needs the tools of Prometheus',
  host: 'it changes the machine: its services, its packages, its files',
  upstream: 'it names a server that only a reader has',
  fragment: 'it is a part of something larger',
} as const;

/** One of the reasons. */
export type Reason = keyof typeof reasons;

/** What a block says of itself behind its language. */
export interface Marks {
  /** The exit code that it ends with; 0 when not said. */
  readonly exit: number;
  /** It runs on until it says that it is ready; then it is told to stop, and ends with 0. */
  readonly untilReady: boolean;
  /** It is what the demonstration of the tests is started with. */
  readonly world: boolean;
  /** It is run with a CouchDB and a PostgreSQL that the environment names. */
  readonly ownServers: boolean;
  /** What is there before it, and gone after it. */
  readonly given: 'parked' | 'missing' | undefined;
  /** Under which name its text is kept for blocks after it. */
  readonly file: string | undefined;
  readonly kind: string | undefined;
  /** The name of the dbt model that its text is. */
  readonly model: string | undefined;
  /** How many rows a query gives. */
  readonly rows: 'some' | 'none' | 'any';
  /** Its statements are kept, each in a transaction of its own; those of others are rolled back. */
  readonly autocommit: boolean;
  readonly notRun: Reason | undefined;
  /** The test that runs it, by its path. */
  readonly runBy: string | undefined;
}

/** @throws Error that names a mark that nobody knows. */
export function marksOf(block: Block): Marks {
  const given = new Map(block.marks.map((mark) => mark.split('=', 2) as [string, string | undefined]));
  const take = (name: string) => {
    const value = given.get(name);
    const isThere = given.delete(name);
    return isThere ? (value ?? '') : undefined;
  };
  const choice = <Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined => {
    const value = take(name);
    if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
    throw new Error(`${nameOf(block)}: ${name}=${value}: it is one of ${choices.join(', ')}`);
  };
  const marks: Marks = {
    exit: Number(take('exit') ?? 0),
    untilReady: take('until-ready') !== undefined,
    world: take('world') !== undefined,
    ownServers: choice('servers', ['own']) !== undefined,
    given: choice('given', ['parked', 'missing']),
    file: take('file'),
    kind: take('kind'),
    model: take('model'),
    rows: choice('rows', ['some', 'none', 'any']) ?? 'some',
    autocommit: take('autocommit') !== undefined,
    notRun: choice('not-run', Object.keys(reasons) as Reason[]),
    runBy: take('run-by'),
  };
  const [unknown] = given.keys();
  if (unknown !== undefined) throw new Error(`${nameOf(block)}: nobody knows the mark ${unknown}`);
  return marks;
}

/** Whether a block is run by the tests of this folder. */
export function isRun(block: Block): boolean {
  const { notRun, runBy, world, model } = marksOf(block);
  return notRun === undefined && runBy === undefined && !world && model === undefined;
}
