import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../failure.ts';
import { spawnBehindGate, spawnShellBehindGate, type GatedProcess } from './gate.ts';
import { findRest } from './kill-tree.ts';
import type { LauncherAnswer, LauncherRequest } from './launcher.ts';
import { makeWriters } from './output-pipe.ts';
import type { ProcessRow } from './process-table.ts';

/**
 * What runs in a launcher (launcher.ts says what it is for). It ends when it is told to, and with the process that it works for: the gates
 * that are still closed end with it, and what runs behind open ones is found again by its trace.
 */
const children = new Map<number, Child>();
const leaders = new Set<number>();

interface Child {
  readonly started: GatedProcess;
  /** Of what it runs; a shell gets it with its command. */
  mark: string | undefined;
}

// For whoever wonders in `top` what it is.
process.title = 'nightjar launcher';
try {
  // Chromium has its helpers killed first where memory is short, and what they start with them.
  writeFileSync('/proc/self/oom_score_adj', readFileSync(`/proc/${process.ppid}/oom_score_adj`));
} catch {
  // It may be raised by anybody and lowered again mostly; where it may not, it stays.
}

/** Electron's utility process has another way to talk. */
interface ParentPort {
  on(event: 'message', take: (event: { readonly data: LauncherRequest }) => void): void;
  postMessage(answer: LauncherAnswer): void;
}
const { parentPort } = process as { readonly parentPort?: ParentPort };
if (parentPort !== undefined) parentPort.on('message', ({ data }) => void obey(data));
else process.on('message', (request: LauncherRequest) => void obey(request));
process.once('disconnect', () => process.exit());
// Whoever ends all processes of a service at once tells each; we end when the tasks have been stopped.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

function answer(what: LauncherAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
  if (parentPort !== undefined) parentPort.postMessage(what);
  else if (process.connected) process.send!(what);
}

async function obey(request: LauncherRequest): Promise<void> {
  if (request.do === 'end') process.exit();
  if (request.do === 'close-pipe') return closeSync(request.writer);
  const { id } = request;
  try {
    if (request.do === 'make-pipes') answer({ id, writers: await makeWriters(request.names) });
    else if (request.do === 'start') await start(request);
    else if (request.do === 'letGo') letGo(request);
    else children.get(id)?.started.dismiss();
  } catch (thrown) {
    answer({ id, failed: messageOf(thrown) });
  }
}

async function start({ id, command, writers }: LauncherRequest & { readonly do: 'start' }): Promise<void> {
  const bornAt = performance.now();
  const started = command === null ? await spawnShellBehindGate(writers) : await spawnBehindGate(command, writers);
  const { pid, startedAt } = started;
  const child: Child = { started, mark: command?.mark };
  children.set(id, child);
  leaders.add(pid);
  answer({ id, started: { pid, startedAt } });
  const exit = await started.exited;
  children.delete(id);
  leaders.delete(pid);
  answer({ id, exit: { ...exit, rest: await restOf(child, bornAt) } });
}

function letGo({ id, script, mark }: LauncherRequest & { readonly do: 'letGo' }): void {
  const child = children.get(id);
  if (child === undefined) return;
  child.mark ??= mark;
  child.started.letGo(script);
}

/** Undefined where it ran nothing, or nobody could look: whoever hears of the end looks then. */
async function restOf({ started, mark }: Child, bornAt: number): Promise<readonly ProcessRow[] | undefined> {
  if (mark === undefined) return undefined;
  const { pid: leader, startedAt } = started;
  return findRest({ leader, startedAt, bornAt, mark, isOthers: (pid) => leaders.has(pid) }).catch(() => undefined);
}
