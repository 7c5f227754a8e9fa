import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { Failure } from '../../../electron/scheduler/failure.ts';
import type { JobDefinition, RetryDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import type { RunContext } from '../../../electron/scheduler/run/run-context.ts';
import { Slots } from '../../../electron/scheduler/run/slots.ts';
import type { StopReason } from '../../../electron/scheduler/run/stop-reason.ts';
import { TaskGroup, type RunEnd } from '../../../electron/scheduler/run/task-group.ts';
import { writtenThrough } from '../../../electron/scheduler/run/task-rows.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { timeLeft } from '../../../electron/scheduler/run/time-left.ts';
import { TaskRunStore } from '../../../electron/scheduler/store/task-run-store.ts';
import { job, task } from '../../support/definitions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedExecutor, type Script } from '../../support/scripted-executor.ts';

const retry = (limit: number, over: Partial<RetryDefinition> = {}): RetryDefinition => ({
  limit,
  intervalMs: 30_000,
  backoff: 1,
  maxIntervalMs: 600_000,
  exitCodes: [],
  ...over,
});
const fails =
  (exitCode: number): Script =>
  () => ({ kind: 'exited', exitCode });

const databases: Database[] = [];
afterEach(() => {
  for (const db of databases.splice(0)) {
    db.close();
    rmSync(dirname(db.name), { recursive: true });
  }
});

/** A database of its own with one run. */
function openRows(definition: JobDefinition): TaskRunStore {
  const db = openDatabase(join(mkdtempSync(join(tmpdir(), 'nightjar-')), 'n.db'));
  databases.push(db);
  db.exec(`INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, started_at, owner)
    VALUES ('${definition.id}', 1, '${definition.id}', 'manual', 'running', 0, 0, 'test')`);
  return new TaskRunStore(db);
}

function setUp(definition: JobDefinition, scripts: Record<string, Script> = {}, slots = 10) {
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const executor = new ScriptedExecutor(scripts);
  const rows = openRows(definition);
  /** `name state` of each attempt, in the order of their making. */
  const told = () => rows.taskRunsOf(1).map((row) => `${row.name} ${row.state}`);
  const [controller, leaving] = [new AbortController(), new AbortController()];
  const notes: string[] = [];
  let refusal: Failure | undefined;
  const refuseLog = (failure: Failure): void => void (refusal = failure);
  const context: RunContext = {
    run: { id: 1, job: definition.id, number: 1, attempt: 1, startedAt: clock.now() },
    leaving: leaving.signal,
    definition,
    clock,
    executors: { process: executor, docker: executor, gitlab: executor, github: executor },
    slots: new Slots(slots),
    rows,
    log: {
      taskLog: () => ({
        write: () => (refusal ? Promise.reject(refusal) : Promise.resolve()),
        note: () => {},
        consumed: () => 0,
      }),
      endAttempt: async () => {},
      note: (_id, text) => void notes.push(text),
    },
    environment: {},
    workspace: null,
    jobFolder: '/jobs',
    stop: (reason) => controller.abort(reason),
    bug: (error) => void notes.push(`bug: ${String(error)}`),
    changed: () => {},
  };
  const run = (mayRetry = (_end: RunEnd) => false): Promise<RunEnd> =>
    new TaskGroup(context).run(controller.signal, mayRetry);
  const stop = (reason: StopReason): void => {
    controller.abort(reason);
    if (reason.kind === 'interrupted') leaving.abort(reason);
  };
  return { clock, executor, told, notes, run, stop, context, refuseLog };
}

/** Lets everything run that does not wait for the clock or a held task. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

const twoGroups = (first = [task('a'), task('b')]): JobDefinition =>
  job('j', {
    steps: [
      { name: 'one', tasks: first },
      { name: 'two', tasks: [task('c')] },
    ],
  });

test('tasks of a group start together and the next group starts when all have ended', async () => {
  const { executor, run } = setUp(twoGroups(), {});
  expect(await run()).toEqual({ state: 'succeeded', reason: null, exitCode: 0 });
  expect(executor.calls).toEqual(['start a', 'start b', 'end a', 'end b', 'start c', 'end c']);
});

test('a failed task lets its siblings finish, and later groups are skipped', async () => {
  const { executor, told, run } = setUp(twoGroups(), { a: fails(2) });
  expect(await run()).toEqual({ state: 'failed', reason: 'exit 2 in a', exitCode: 2 });
  expect(executor.calls).not.toContain('start c');
  expect(told()).toEqual(['a failed', 'b succeeded', 'c skipped']);
});

test('a task that is allowed to fail stops nothing', async () => {
  const { told, run } = setUp(twoGroups([task('a', { allowFailure: true }), task('b')]), { a: fails(2) });
  expect((await run()).state).toBe('succeeded');
  expect(told()).toEqual(['a failed', 'b succeeded', 'c succeeded']);
});

test('a job without steps fails and says so', async () => {
  const { run } = setUp(job('j', { steps: [] }));
  expect(await run()).toEqual({ state: 'failed', reason: 'no steps', exitCode: null });
});

test('a task is retried with growing waits, up to its limit', async () => {
  const definition = job('j', { steps: [{ name: 'g', tasks: [task('a', { retry: retry(2, { backoff: 2 }) })] }] });
  const { clock, executor, told, notes, run } = setUp(definition, { a: fails(1) });
  const end = run();
  await settle();
  expect(executor.calls).toEqual(['start a', 'end a']);
  clock.advance(29_999);
  await settle();
  expect(executor.calls).toHaveLength(2);
  clock.advance(1);
  await settle();
  clock.advance(60_000);
  await settle();
  expect(await end).toMatchObject({ state: 'failed', exitCode: 1 });
  expect(told()).toEqual(['a failed', 'a failed', 'a failed']);
  expect(notes).toEqual(['attempt 1 ended with exit 1, retry in 30s', 'attempt 2 ended with exit 1, retry in 1m']);
});

test('an exit code that is not among those named is not retried', async () => {
  const definition = job('j', { steps: [{ name: 'g', tasks: [task('a', { retry: retry(2, { exitCodes: [75] }) })] }] });
  const { told, run } = setUp(definition, { a: fails(1) });
  expect((await run()).state).toBe('failed');
  expect(told()).toEqual(['a failed']);
});

test('a task past its timeout is stopped and timed out', async () => {
  const definition = job('j', { steps: [{ name: 'g', tasks: [task('a', { timeoutMs: 600_000 })] }] });
  const set = setUp(definition, { a: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.clock.advance(600_000);
  expect(await end).toEqual({ state: 'timed-out', reason: 'stopped by timeout: 10m in a', exitCode: 143 });
  expect(set.clock.pending).toBe(0);
});

test("the job's timeout stops all its tasks and skips the rest", async () => {
  const set = setUp({ ...twoGroups(), timeoutMs: 3_600_000 }, { a: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.clock.advance(3_600_000);
  expect(await end).toMatchObject({ state: 'timed-out', reason: "stopped by the job's timeout: 1h, in task a" });
  expect(set.told()).toEqual(['a timed-out', 'b succeeded', 'c skipped']);
});

test('a cancelled run stops what runs, skips what waits, and names the task', async () => {
  const set = setUp(twoGroups(), { a: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  expect(await end).toEqual({ state: 'cancelled', reason: 'by you, in task a', exitCode: 143 });
  expect(set.told()).toEqual(['a cancelled', 'b succeeded', 'c skipped']);
});

test('a cancel during the wait for a retry ends the wait', async () => {
  const definition = job('j', { steps: [{ name: 'g', tasks: [task('a', { retry: retry(2) })] }] });
  const set = setUp(definition, { a: fails(1) });
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  await end;
  expect(set.executor.calls).toEqual(['start a', 'end a']);
  expect(set.clock.pending).toBe(0);
});

test('handlers follow the outcome, also after a cancel, and know it', async () => {
  const seen: string[] = [];
  const tell: Script = (execution) => {
    seen.push(`${execution.task.name} ${execution.environment['NIGHTJAR_OUTCOME']}`);
    return { kind: 'exited', exitCode: 0 };
  };
  const handlers = { onSuccess: [task('s')], onFailure: [task('f')], onCancel: [task('x')], always: [task('z')] };
  const scripts = { s: tell, f: tell, x: tell, z: tell };
  await setUp(job('j', handlers), scripts).run();
  await setUp(job('j', handlers), { ...scripts, only: fails(3) }).run();
  const cancelled = setUp(job('j', handlers), { ...scripts, only: (execution) => cancelled.executor.hold(execution) });
  const end = cancelled.run();
  await settle();
  cancelled.stop({ kind: 'cancelled', by: 'you' });
  expect((await end).state).toBe('cancelled');
  expect(seen).toEqual(['s succeeded', 'z succeeded', 'f failed', 'z failed', 'x cancelled', 'z cancelled']);
});

test('a failing handler fails the run, and an attempt that is retried runs no handler', async () => {
  const definition = job('j', { always: [task('z')] });
  expect(await setUp(definition, { z: fails(9) }).run()).toEqual({
    state: 'failed',
    reason: 'exit 9 in always z',
    exitCode: 9,
  });
  const retried = setUp(definition, { only: fails(1) });
  await retried.run(() => true);
  expect(retried.executor.calls).toEqual(['start only', 'end only']);
});

test('who ends Nightjar waits for no handler of a run that was cancelled before', async () => {
  const set = setUp(job('j', { onCancel: [task('x')], always: [task('z')] }), {
    only: (execution) => set.executor.hold(execution),
    x: (execution) => set.executor.hold(execution),
  });
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  await settle();
  expect(set.told()).toEqual(['only cancelled', 'x running']);
  set.stop({ kind: 'interrupted', why: 'Nightjar was stopped' });
  expect(await end).toMatchObject({ state: 'cancelled' });
  expect(set.told()).toEqual(['only cancelled', 'x interrupted', 'z interrupted']);
});

test('a cancel that comes while handlers run is meant for them', async () => {
  const set = setUp(job('j', { always: [task('z')] }), { z: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  expect(await end).toEqual({ state: 'cancelled', reason: 'by you in always z', exitCode: 143 });
});

test('a task whose end cannot be stored ends the run only when its siblings have ended', async () => {
  const set = setUp(twoGroups(), { b: (execution) => set.executor.hold(execution) });
  const { rows } = set.context;
  const refuse = (): never => {
    throw new Error('database is locked');
  };
  const broken = {
    ...writtenThrough(rows, (change) => change()),
    finishTaskRun: (end: Parameters<typeof rows.finishTaskRun>[0]) =>
      end.id === 1 ? refuse() : rows.finishTaskRun(end),
  };
  let isOver = false;
  const end = new TaskGroup({ ...set.context, rows: broken })
    .run(new AbortController().signal, () => false)
    .finally(() => (isOver = true));
  end.catch(() => {});
  await settle();
  expect(isOver).toBe(false);
  set.executor.end('b');
  await expect(end).rejects.toThrow('database is locked');
});

test('a task and a run that outlived a crash have what is left of their timeouts, and a moment to be collected', async () => {
  const timeouts = { timeoutMs: 600_000 };
  const definition = job('j', { steps: [{ name: 'g', tasks: [task('a', timeouts)] }], timeoutMs: 700_000 });
  const set = setUp(definition, { a: (execution) => set.executor.hold(execution) });
  void set.run();
  await settle();
  set.clock.jump(500_000);
  const after = new TaskGroup(set.context).run(new AbortController().signal, () => false);
  await settle();
  set.clock.advance(99_999);
  await settle();
  expect(set.told()).toEqual(['a running']);
  set.clock.advance(1);
  expect(await after).toMatchObject({ state: 'timed-out', reason: 'stopped by timeout: 10m in a' });
  expect([timeLeft(600, 1_000, 1_000_000), timeLeft(60_000, 0, 1_000_000), timeLeft(60_000, 90_000, 0)]).toEqual([
    600, 10_000, 60_000,
  ]);
});

test('a shutdown of the machine runs no handlers', async () => {
  const set = setUp(job('j', { always: [task('z')] }), { only: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.stop({ kind: 'interrupted', why: 'the machine was shut down' });
  expect(await end).toMatchObject({ state: 'interrupted', reason: 'the machine was shut down, in task only' });
  expect(set.executor.calls).toEqual(['start only', 'end only']);
});

test('what is stored as ended is not executed again, what was running is recovered, what waited is started', async () => {
  const first = setUp(twoGroups(), { b: (execution) => first.executor.hold(execution) });
  void first.run();
  await settle();
  expect(first.told()).toEqual(['a succeeded', 'b running', 'c waiting']);

  const executor = new ScriptedExecutor();
  const { context } = first;
  const executors = { process: executor, docker: executor, gitlab: executor, github: executor };
  const end = await new TaskGroup({ ...context, executors }).run(new AbortController().signal, () => false);
  expect(end.state).toBe('succeeded');
  expect(executor.calls).toEqual(['recover b', 'end b', 'start c', 'end c']);
});

test('no more tasks run at a time than there are slots, over all groups', async () => {
  let now = 0;
  let most = 0;
  const count: Script = async () => {
    most = Math.max(most, ++now);
    await settle();
    now -= 1;
    return { kind: 'exited', exitCode: 0 };
  };
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => task(name));
  const scripts = Object.fromEntries(tasks.map(({ name }) => [name, count]));
  await setUp(job('j', { steps: [{ name: 'g', tasks }] }), scripts, 2).run();
  expect(most).toBe(2);
});

test('what an executor throws fails its task, is reported, and lets the siblings finish', async () => {
  const thrower: Script = () => {
    throw new Error('no such thing');
  };
  const { told, notes, run } = setUp(twoGroups(), { a: thrower });
  expect(await run()).toMatchObject({
    state: 'failed',
    reason: 'Something went wrong inside Nightjar: no such thing in a',
  });
  expect(told()).toEqual(['a failed', 'b succeeded', 'c skipped']);
  expect(notes).toEqual(['bug: Error: no such thing']);
});

test('a full disk stops every task of the run as failed', async () => {
  const full: Script = async (execution) => {
    await execution.log.write('stdout', Buffer.from('x'));
    return { kind: 'exited', exitCode: 0 };
  };
  const set = setUp(twoGroups(), { a: full, b: (execution) => set.executor.hold(execution) });
  set.refuseLog(new Failure('disk-full', 'The disk is full.'));
  expect(await set.run()).toMatchObject({ state: 'failed', reason: 'disk full: the log of j' });
  expect(set.told()).toEqual(['a failed', 'b failed', 'c skipped']);
});
