import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../failure.ts';
import { spawnBehindGate, spawnShellBehindGate, type GatedProcess } from './gate.ts';
import type { LauncherAnswer, LauncherRequest } from './launcher.ts';
import { makeWriters } from './output-pipe.ts';

/**
 * What runs in a launcher (launcher.ts says what it is for). It ends when it is told to, and with the process that it works for: the gates
 * that are still closed end with it, and what runs behind open ones is found again by its trace.
 */
const children = new Map<number, GatedProcess>();

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
    else if (request.do === 'letGo') children.get(id)?.letGo(request.script);
    else children.get(id)?.dismiss();
  } catch (thrown) {
    answer({ id, failed: messageOf(thrown) });
  }
}

async function start({ id, command, writers }: LauncherRequest & { readonly do: 'start' }): Promise<void> {
  const { pid, startedAt, ...child } =
    command === null ? await spawnShellBehindGate(writers) : await spawnBehindGate(command, writers);
  children.set(id, { pid, startedAt, ...child });
  answer({ id, started: { pid, startedAt } });
  const exit = await child.exited;
  children.delete(id);
  answer({ id, exit });
}
