import { readdirSync, readFileSync } from 'node:fs';
import type { UsageMeter } from './executor.ts';
import { watchUsage } from './watch-usage.ts';
import type { UsageReading, UsageWatch } from './watch-usage.ts';

/** Linux counts processor time for its users in hundredths of a second, whatever the kernel's own tick is (time(7)). */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
/** More are not counted: a look must stay a look. */
const MOST_PROCESSES = 500;

/** Measures a command with all that descends from it. Elsewhere than on Linux nobody tells this at a price worth paying. */
export function watchProcessUsage(usage: UsageMeter | undefined, leader: number): UsageWatch {
  return watchUsage(process.platform === 'linux' ? usage : undefined, true, () => readProcessTree(leader));
}

/**
 * The sum over the tree, from /proc; undefined where the leader is gone. It is walked from its root and not looked for among all
 * processes (`findTree`): some 50 µs a process in place of 5 ms a look. A daemon that left the tree is not counted.
 */
export function readProcessTree(leader: number): UsageReading | undefined {
  let cpuMs = 0;
  let memory = 0;
  const found = [leader];
  for (let at = 0; at < found.length && at < MOST_PROCESSES; at++) {
    const own = readProcess(found[at]!);
    if (own === undefined) continue; // It ended between two looks.
    cpuMs += own.cpuMs;
    memory += own.memory;
    found.push(...own.children);
  }
  return memory === 0 ? undefined : { cpuMs, memory };
}

function readProcess(pid: number): (UsageReading & { readonly children: readonly number[] }) | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc(5): after the name in parentheses; utime, stime, and the two of the children that it has waited for.
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number);
    // Resident pages without those of files: what a program and its libraries are read from is shared by all that run it.
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
    return {
      cpuMs: times.reduce((sum, ticks) => sum + ticks, 0) * TICK_MS,
      memory: (resident - shared) * PAGE_BYTES,
      children,
    };
  } catch {
    return undefined; // It ended meanwhile.
  }
}
