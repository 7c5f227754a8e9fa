import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processTable } from './process-table.ts';
import type { ProcessRow } from './process-table.ts';

/**
 * All processes of one task: the group and session that its command leads, their descendants, and strays (daemons that left
 * both), which are known by a mark in the environment that nobody else has.
 */
export interface Tree {
  /** Pid of the command; also the id of its group and session. */
  readonly leader: number;
  /** Start time of the leader (`processStartTime`): nothing older can belong to it, and it tells a reused pid. */
  readonly startedAt: string;
  /** By `performance.now()`, a moment before the leader was started; left out where another Nightjar started it. */
  readonly bornAt?: number;
  /** `NAME=value`. */
  readonly mark: string;
  /** Of a process that is not the leader: it was started for another task and has not ended, so it needs no look. */
  readonly isOthers?: (pid: number) => boolean;
}

/** Between two looks. A look costs some 5 ms of /proc on Linux. */
const LOOK_EVERY_MS = 50;
/** SIGKILL works at once, but for a process in the middle of a system call that hangs (a dead network disk). */
const KILL_LIMIT_MS = 10_000;

/** What is alive of a tree, zombies left out. */
export async function findTree(tree: Tree): Promise<readonly ProcessRow[]> {
  return treeIn(await processTable.list(), tree);
}

/** The same once the leader has ended: all that is left is younger, which is mostly nobody and seldom many to look at. */
export async function findRest(tree: Tree): Promise<readonly ProcessRow[]> {
  const { leader, bornAt, isOthers } = tree;
  if (bornAt === undefined) return findTree(tree);
  return treeIn(await processTable.listSince(leader, performance.now() - bornAt, isOthers), tree);
}

async function treeIn(all: readonly ProcessRow[], tree: Tree): Promise<readonly ProcessRow[]> {
  const startedAt = Number(tree.startedAt);
  const rows = all.filter((row) => row.startedAt >= startedAt && row.pid !== process.pid);
  const leader = rows.find((row) => row.pid === tree.leader);
  // A pid is not given away again while its group exists, so somebody else under it means that the group is gone.
  const isOurs = leader === undefined || leader.startedAt === startedAt;

  const marked = await processTable.withEnvironment(tree.mark, rows);
  const members = new Set(marked);
  for (const { pid, parent, group, session } of rows) {
    if (isOurs && [pid, parent, group, session].includes(tree.leader)) members.add(pid);
  }
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of rows) if (members.has(parent)) members.add(pid);
  }
  return rows.filter((row) => members.has(row.pid) && !row.isZombie);
}

/**
 * Ends a tree: `signal` to all of it, and to what outlives its leader, `timeoutMs` to obey, then SIGKILL until a look finds nothing. Resolves with the pids that
 * even that did not end (empty in all but the strangest cases).
 */
export async function stopTree(tree: Tree, signal: NodeJS.Signals, timeoutMs: number): Promise<readonly number[]> {
  let left = await findTree(tree);
  const told = new Set<number>();
  const tell = async (): Promise<void> => {
    const untold = left.filter(({ pid }) => !told.has(pid));
    for (const { pid } of untold) told.add(pid);
    await Promise.all(untold.map(({ pid }) => send(pid, signal)));
  };
  await tell();

  const obeyUntil = performance.now() + timeoutMs;
  while (left.length > 0 && performance.now() < obeyUntil) {
    await delay(Math.min(LOOK_EVERY_MS, Math.max(1, obeyUntil - performance.now())));
    left = await findTree(tree);
    // What the command starts now cleans up for it, as long as it is there to wait for it; what outlives it was being started.
    if (!left.some(({ pid }) => pid === tree.leader)) await tell();
  }
  const killUntil = performance.now() + KILL_LIMIT_MS;
  while (left.length > 0 && performance.now() < killUntil) {
    await Promise.all(left.map(({ pid }) => send(pid, 'SIGKILL')));
    await delay(LOOK_EVERY_MS);
    left = await findTree(tree);
  }
  return left.map(({ pid }) => pid);
}

async function send(pid: number, signal: NodeJS.Signals): Promise<void> {
  if (process.platform === 'win32') {
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    // taskkill fails for what has ended meanwhile and, unforced, for programs without a window: the next look tells.
    await promisify(execFile)('taskkill.exe', ['/T', ...force, '/PID', String(pid)]).catch(() => {});
    return;
  }
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile, or has become another user's (sudo); the next look tells which.
  }
}
