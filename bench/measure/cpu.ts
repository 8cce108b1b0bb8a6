import { readdirSync, readFileSync } from 'node:fs';

/** /proc counts in ticks of USER_HZ, which is 100 on every Linux there is. */
const ticksPerSecond = 100;

/** The CPU a process has used so far, in seconds, without its children; null where there is no /proc. */
export function cpuOf(pid: number | undefined): number | null {
  const fields = statOf(pid);
  return fields === undefined ? null : (fields.user + fields.system) / ticksPerSecond;
}

/**
 * The CPU a process and everything it has started have used so far, in seconds: its own, that of its children that have
 * ended, and of those that run. Null where there is no /proc.
 */
export function cpuOfTree(pid: number | undefined): number | null {
  const root = statOf(pid);
  if (root === undefined) return null;
  let ticks = 0;
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  const members = [root];
  for (let member = members.pop(); member !== undefined; member = members.pop()) {
    ticks += member.user + member.system + member.endedChildren;
    const { id } = member;
    members.push(...processes.filter(({ parent }) => parent === id));
  }
  return ticks / ticksPerSecond;
}

/** The most memory a process has had at once, in megabytes (1,000,000 bytes); null where there is no /proc. */
export function peakMemoryOf(pid: number | undefined): number | null {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return null;
  }
}

interface Stat {
  readonly id: number;
  readonly parent: number;
  readonly user: number;
  readonly system: number;
  readonly endedChildren: number;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name in parentheses may hold anything. */
function statOf(pid: number | undefined): Stat | undefined {
  if (pid === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // From field 3 on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { id: pid, parent: field(4), user: field(14), system: field(15), endedChildren: field(16) + field(17) };
}
