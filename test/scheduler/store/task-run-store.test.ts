import { expect, test } from 'vitest';
import { TaskRunStore, type NewTaskRun } from '../../../electron/scheduler/store/task-run-store.ts';
import { endedRun, newRun, T0, temporaryState } from './temporary-state.ts';

const task = (name: string, over: Partial<NewTaskRun> = {}): NewTaskRun => ({
  part: 'step',
  group: 'extract',
  groupIndex: 0,
  taskIndex: 0,
  name,
  executor: 'docker',
  image: 'python:3.13',
  runAttempt: 1,
  attempt: 1,
  attempts: 2,
  ...over,
});

test('task attempts are kept in the order in which they were inserted, as they were inserted', async () => {
  const { queue, tasks } = await temporaryState();
  const run = queue.enqueue(newRun('a'))!;
  const given = [
    task('orders'),
    task('customers', { taskIndex: 1 }),
    task('tell', { part: 'always', executor: 'process', image: null }),
  ];
  const ids = tasks.insertTaskRuns(run.id, given);
  const [again] = tasks.insertTaskRuns(run.id, [task('orders', { attempt: 2 })]);
  const stored = tasks.taskRunsOf(run.id);
  expect(stored.map(({ id }) => id)).toEqual([...ids, again]);
  expect(stored[0]).toEqual({
    ...given[0],
    id: ids[0],
    runId: run.id,
    state: 'waiting',
    reason: null,
    imageDigest: null,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    trace: {},
  });
  expect(tasks.getTaskRun(99)).toBeUndefined();
});

test('the same attempt of a task cannot be inserted twice', async () => {
  const { queue, tasks } = await temporaryState();
  const run = queue.enqueue(newRun('a'))!;
  expect(() => tasks.insertTaskRuns(run.id, [task('a'), task('b')])).toThrow('UNIQUE');
  expect(tasks.taskRunsOf(run.id)).toEqual([]);
});

test('a task attempt starts once and ends once; one that never began can end', async () => {
  const { queue, tasks } = await temporaryState();
  const [a, b] = tasks.insertTaskRuns(queue.enqueue(newRun('a'))!.id, [task('a'), task('b', { taskIndex: 1 })]) as [
    number,
    number,
  ];
  expect([tasks.startTaskRun(a, T0), tasks.startTaskRun(a, T0 + 1)]).toEqual([true, false]);
  const end = { id: a, state: 'failed', reason: 'exit 2', exitCode: 2, at: T0 + 9 } as const;
  expect([tasks.finishTaskRun(end), tasks.finishTaskRun({ ...end, state: 'succeeded' })]).toEqual([true, false]);
  expect(tasks.finishTaskRun({ id: b, state: 'skipped', reason: null, exitCode: null, at: T0 })).toBe(true);
  expect(tasks.startTaskRun(b, T0)).toBe(false);
  expect(tasks.getTaskRun(a)).toMatchObject({
    state: 'failed',
    reason: 'exit 2',
    exitCode: 2,
    startedAt: T0,
    endedAt: T0 + 9,
  });
});

test('a trace grows: what is told later adds to what was told first', async () => {
  const { queue, tasks } = await temporaryState();
  const [id] = tasks.insertTaskRuns(queue.enqueue(newRun('a'))!.id, [task('a')]) as [number];
  tasks.leaveTrace(id, { containerName: 'nightjar-1-1-1' });
  tasks.leaveTrace(id, { containerId: 'abc', imageDigest: 'sha256:1' });
  expect(tasks.getTaskRun(id)).toMatchObject({
    imageDigest: 'sha256:1',
    trace: { containerName: 'nightjar-1-1-1', containerId: 'abc', imageDigest: 'sha256:1' },
  });
  tasks.leaveTrace(id, { pid: 12, pidStartedAt: '99', bootId: 'b' });
  expect(tasks.getTaskRun(id)?.trace).toMatchObject({ containerId: 'abc', pid: 12, pidStartedAt: '99', bootId: 'b' });
});

test('a container that is made anew is not looked for by the id of the one that made way', async () => {
  const { queue, tasks } = await temporaryState();
  const [id] = tasks.insertTaskRuns(queue.enqueue(newRun('a'))!.id, [task('a')]) as [number];
  const named = { containerName: 'nightjar-1-1-1', engine: 'far', imageDigest: 'sha256:1' };
  tasks.leaveTrace(id, { ...named, containerId: 'abc' });
  tasks.leaveTrace(id, { containerName: 'nightjar-1-1-1', engine: 'far' });
  expect(tasks.getTaskRun(id)?.trace).toEqual(named);
  tasks.leaveTrace(id, { ...named, containerId: 'def' });
  expect(tasks.getTaskRun(id)?.trace).toEqual({ ...named, containerId: 'def' });
});

test('medians of tasks are of successes in the last twenty successful runs of the job', async () => {
  const state = await temporaryState();
  const run = (job: string, ms: number, end: 'succeeded' | 'failed' = 'succeeded') => {
    const id = endedRun(state, job, end);
    const ids = state.tasks.insertTaskRuns(id, [task('quick'), task('slow', { taskIndex: 1 })]);
    for (const [index, taskRun] of ids.entries()) {
      state.tasks.startTaskRun(taskRun, T0);
      state.tasks.finishTaskRun({
        id: taskRun,
        state: 'succeeded',
        reason: null,
        exitCode: 0,
        at: T0 + ms * (index + 1),
      });
    }
  };
  run('a', 1_000_000);
  for (let ms = 1; ms <= 20; ms++) run('a', ms * 100);
  run('a', 3, 'failed');
  run('b', 5);
  expect(state.tasks.mediansOfTasks('a')).toEqual(
    new Map([
      ['quick', 1050],
      ['slow', 2100],
    ]),
  );
  expect(state.tasks.mediansOfTasks('nobody')).toEqual(new Map());
});

test('task attempts go with their run', async () => {
  const { queue, tasks, db } = await temporaryState();
  const run = queue.enqueue(newRun('a'))!;
  tasks.insertTaskRuns(run.id, [task('a')]);
  db.prepare('DELETE FROM runs WHERE id = ?').run(run.id);
  expect(tasks.taskRunsOf(run.id)).toEqual([]);
});

test('whether a container was ever named here stays known, also where the attempt is gone and by another process', async () => {
  const { db, queue, tasks } = await temporaryState();
  const [a] = tasks.insertTaskRuns(queue.enqueue(newRun('a'))!.id, [task('a')]) as [number];
  tasks.leaveTrace(a, { pid: 7 });
  const other = new TaskRunStore(db);
  expect([tasks.hadContainers, other.hadContainers]).toEqual([false, false]);
  tasks.leaveTrace(a, { containerName: 'nightjar-a' });
  db.prepare('DELETE FROM task_runs').run();
  expect([tasks.hadContainers, other.hadContainers]).toEqual([true, true]);
});
