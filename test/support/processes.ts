import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Its arguments, separated by spaces. */
  readonly commandLine: string;
}

/** All processes there are; those that end meanwhile are left out, zombies too. */
export async function allProcesses(): Promise<ProcessEntry[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** By POSIX' `ps`, as on macOS. */
export async function fromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { maxBuffer: 1 << 26 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, commandLine] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), commandLine: commandLine!.trim() }];
  });
}

async function fromProc(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map((pid) => readEntry(pid).catch(() => undefined)));
  return entries.filter((entry) => entry !== undefined);
}

async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  const [commandLine, stat] = await Promise.all([
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  // The second field, a name in brackets, may hold anything.
  const [state, parent] = stat.replace(/^.*\) /s, '').split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, parent: Number(parent), commandLine: commandLine.replaceAll('\0', ' ').trim() };
}

/** The processes that a process has started, and those that they have started. */
export async function descendantsOf(pid: number): Promise<ProcessEntry[]> {
  const all = await allProcesses();
  const found: ProcessEntry[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Which of these processes still run. */
export async function stillRunning(pids: readonly number[]): Promise<ProcessEntry[]> {
  return (await allProcesses()).filter(({ pid }) => pids.includes(pid));
}
