import { expect, test } from 'vitest';
import { Failure } from '../../../electron/scheduler/failure.ts';
import { TaskGroup } from '../../../electron/scheduler/run/task-group.ts';
import { job, task } from '../../support/definitions.ts';
import { fails, retry, settle, setUp, twoGroups } from './executing.ts';

test('tasks of a group start together and the next group starts when all have ended', async () => {
  const { executor, run } = setUp(twoGroups(), {});
  expect(await run()).toEqual({ state: 'succeeded', reason: null, exitCode: 0 });
  expect(executor.calls).toEqual(['start a', 'start b', 'end a', 'end b', 'start c', 'end c']);
});

test('no task begins before the run’s claim survives a loss of power, and none where it does not', async () => {
  const held = setUp(twoGroups());
  const disk = Promise.withResolvers<void>();
  const ending = new TaskGroup({ ...held.context, onDisk: disk.promise }).run(
    new AbortController().signal,
    () => false,
  );
  await settle();
  expect([held.executor.calls, held.told()]).toEqual([[], ['a running', 'b running', 'c waiting']]);
  disk.resolve();
  expect(await ending).toMatchObject({ state: 'succeeded' });

  const broken = setUp(twoGroups());
  const onDisk = Promise.reject(new Failure('disk-broken', 'The disk does not answer.'));
  expect(await new TaskGroup({ ...broken.context, onDisk }).run(new AbortController().signal, () => false)).toEqual({
    state: 'failed',
    reason: 'The disk does not answer. in a',
    exitCode: null,
  });
  expect(broken.executor.calls).toEqual([]);
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
