import { expect, test } from 'vitest';
import { Failure } from '../../../electron/scheduler/failure.ts';
import type { StopReason } from '../../../electron/scheduler/run/stop-reason.ts';
import { TaskGroup } from '../../../electron/scheduler/run/task-group.ts';
import { writtenThrough } from '../../../electron/scheduler/run/task-rows.ts';
import { timeLeft } from '../../../electron/scheduler/run/time-left.ts';
import { job, task } from '../../support/definitions.ts';
import { ScriptedExecutor, type Script } from '../../support/scripted-executor.ts';
import { fails, settle, setUp, twoGroups } from './executing.ts';

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

test('a sentence of why a task could not start goes on with where, as one sentence', async () => {
  const set = setUp(job('j'), { only: () => ({ kind: 'could-not-start', reason: 'There is no shell here.' }) });
  expect((await set.run()).reason).toBe('could not start: There is no shell here in only');
});

test('a cancel that comes while handlers run is meant for them', async () => {
  const set = setUp(job('j', { always: [task('z')] }), { z: (execution) => set.executor.hold(execution) });
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  expect(await end).toEqual({ state: 'cancelled', reason: 'by you in always z', exitCode: 143 });
});

/** A run whose repository never answers. */
function setUpSilent() {
  const asked: AbortSignal[] = [];
  const prepare = (signal: AbortSignal): Promise<void> => {
    asked.push(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const set = setUp(job('j', { onCancel: [task('x')] }));
  Object.assign(set.context.folders, { prepare });
  return { ...set, asked };
}

test('a cancel while the workspace is made is no reason for the handlers to make it', async () => {
  const set = setUpSilent();
  const end = set.run();
  await settle();
  set.stop({ kind: 'cancelled', by: 'you' });
  expect(await end).toMatchObject({ state: 'cancelled', reason: 'by you' });
  expect(set.asked).toHaveLength(1);
  expect(set.told()).toEqual(['only skipped', 'x succeeded']);
});

test('handlers of a run that was cancelled before it had a workspace do not wait for one longer than a minute', async () => {
  const set = setUpSilent();
  set.stop({ kind: 'cancelled', by: 'you' });
  const end = set.run();
  await settle();
  set.clock.advance(59_999);
  await settle();
  expect(set.told()).toEqual(['only skipped', 'x waiting']);
  set.clock.advance(1);
  expect(await end).toMatchObject({ state: 'cancelled' });
  expect(set.told()).toEqual(['only skipped', 'x succeeded']);
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

test('what outlived a crash is stopped also where the run was told to stop before it was taken up again', async () => {
  const first = setUp(twoGroups(), { b: (execution) => first.executor.hold(execution) });
  void first.run();
  await settle();

  const executor = new ScriptedExecutor({
    b: ({ signal }) => (signal.aborted ? { kind: 'stopped', exitCode: 143 } : { kind: 'exited', exitCode: 0 }),
  });
  const executors = { process: executor, docker: executor, gitlab: executor, github: executor };
  const cancelled = AbortSignal.abort({ kind: 'cancelled', by: 'you' } satisfies StopReason);
  const end = await new TaskGroup({ ...first.context, executors }).run(cancelled, () => false);
  expect(end).toMatchObject({ state: 'cancelled' });
  expect(executor.calls).toEqual(['recover b', 'end b']);
  expect(first.told()).toEqual(['a succeeded', 'b cancelled', 'c skipped']);
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

test('a timeout of more days than a timer of the system can wait does not end at once', async () => {
  const days = 86_400_000;
  const long = { steps: [{ name: 'g', tasks: [task('a', { timeoutMs: 60 * days })] }], timeoutMs: 90 * days };
  const set = setUp(job('j', long), { a: (execution) => set.executor.hold(execution) });
  const waits: number[] = [];
  const clock = {
    now: () => set.clock.now(),
    after: (ms: number, callback: () => void) => (waits.push(ms), set.clock.after(ms, callback)),
  };
  const end = new TaskGroup({ ...set.context, clock }).run(new AbortController().signal, () => false);
  await settle();
  set.clock.advance(60 * days - 1);
  await settle();
  expect(set.told()).toEqual(['a running']);
  set.clock.advance(1);
  expect(await end).toMatchObject({ state: 'timed-out', reason: 'stopped by timeout: 60d in a' });
  expect(Math.max(...waits)).toBeLessThan(2 ** 31);
  expect(set.clock.pending).toBe(0);
});
