import { expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createExecutors } from '../../../electron/scheduler/executor/index.ts';
import { executionOf } from './execution.ts';

test('a pipeline elsewhere is understood, and said not to be executed by this version', async () => {
  const executors = createExecutors({
    dataId: 'test',
    instance: 'test',
    clock: systemClock,
    onEngineChange: () => {},
    hostEnvironment: async () => ({}),
  });
  const outcomes = await Promise.all(
    (['gitlab', 'github'] as const).map((name) => executors[name].execute(executionOf({}))),
  );
  expect(outcomes).toEqual([
    { kind: 'could-not-start', reason: '`gitlab` is understood but not yet executed by this version.' },
    { kind: 'could-not-start', reason: '`github` is understood but not yet executed by this version.' },
  ]);
  await Promise.all(Object.values(executors).map((executor) => executor.close()));
});
