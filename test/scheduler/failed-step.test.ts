import { expect, test } from 'vitest';
import type { RunDetail } from '../../electron/api/api.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import type { Script } from '../support/scripted-executor.ts';
import { MINUTE, SchedulerUnderTest } from '../support/scheduler-under-test.ts';

const THREE = `
steps:
  - name: extract
    tasks: [{ name: orders, command: x }, { name: customers, command: x, allow_failure: true }]
  - name: load
    tasks: [{ name: left, command: x }, { name: right, command: x }]
  - { name: report, command: x }
`;
const fails =
  (exitCode: number): Script =>
  () => ({ kind: 'exited', exitCode });
const told = (detail: RunDetail) => detail.tasks.map(({ name, state, reason }) => `${name} ${state} ${reason ?? ''}`);

/** A run of three groups whose second fails. */
async function failedOnce(more = '', scripts: Record<string, Script> = { right: fails(3) }) {
  const under = await SchedulerUnderTest.start({ 'etl.yml': `${THREE}${more}` }, { scripts });
  under.scheduler.addJob('etl');
  await under.until(['etl manual failed']);
  under.executor.calls.length = 0;
  return under;
}

const waitsForItsSecondAttempt = (under: SchedulerUnderTest, run: number): Promise<void> =>
  under.eventually(() => expect(under.scheduler.runs.get(run)).toMatchObject({ state: 'queued', attempt: 2 }));

const refusal = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.message}` : error;
  }
  return 'not refused';
};

test('from the failed step, the groups before it are taken over and all of it and after it is executed', async () => {
  const under = await failedOnce();
  delete under.script['right'];
  const again = under.scheduler.runs.again('etl#1', 'same', 'failed-step');
  await under.until(['etl manual failed', 'etl manual succeeded']);
  expect(under.executor.calls.filter((call) => call.startsWith('start'))).toEqual([
    'start left',
    'start right',
    'start report',
  ]);
  expect(told(under.scheduler.runs.get(again.id))).toEqual([
    'orders succeeded taken from etl#1',
    'customers succeeded taken from etl#1',
    'left succeeded ',
    'right succeeded ',
    'report succeeded ',
  ]);
});

test('a task that was allowed to fail is not run again either, and says what it was', async () => {
  const under = await failedOnce('', { right: fails(3), customers: fails(7) });
  under.scheduler.queue.pause(undefined, null);
  const again = under.scheduler.runs.again('etl#1', 'same', 'failed-step');
  expect(told(under.scheduler.runs.get(again.id))[1]).toBe(
    'customers succeeded taken from etl#1, where it was allowed to fail (exit 7)',
  );
});

test('while it waits, what it took over is shown with what is to come; a second one names the first origin', async () => {
  const under = await failedOnce();
  under.scheduler.runs.again('etl#1', 'same', 'failed-step');
  await under.until(['etl manual failed', 'etl manual failed']);
  under.script['left'] = under.executor.hold;
  const third = under.scheduler.runs.again('etl#2', 'same', 'failed-step');
  expect(told(under.scheduler.runs.get(third.id))).toEqual([
    'orders succeeded taken from etl#1',
    'customers succeeded taken from etl#1',
    'left waiting ',
    'right waiting ',
    'report waiting ',
  ]);
});

test('the next attempt of such a run does not begin from the start either', async () => {
  const under = await SchedulerUnderTest.start(
    { 'etl.yml': `${THREE}retry: { limit: 1, interval: 60s }\n` },
    { scripts: { right: fails(3) } },
  );
  const first = under.scheduler.addJob('etl');
  await waitsForItsSecondAttempt(under, first.id);
  await under.pass(2 * MINUTE);
  await under.until(['etl manual failed']);
  const again = under.scheduler.runs.again('etl#1', 'same', 'failed-step');
  await waitsForItsSecondAttempt(under, again.id);
  under.executor.calls.length = 0;
  delete under.script['right'];
  await under.pass(2 * MINUTE);
  await under.until(['etl manual failed', 'etl manual succeeded']);
  expect(under.executor.calls.filter((call) => call.startsWith('start'))).toEqual([
    'start left',
    'start right',
    'start report',
  ]);
  const second = under.scheduler.runs.get(again.id).tasks.filter(({ runAttempt }) => runAttempt === 2);
  expect(second.map(({ name, reason }) => `${name} ${reason ?? ''}`).slice(0, 2)).toEqual([
    'orders taken from etl#1',
    'customers taken from etl#1',
  ]);
});

test('what ended well, what runs, and another definition have no failed step', async () => {
  const under = await failedOnce('', { right: fails(3) });
  delete under.script['right'];
  under.scheduler.addJob('etl');
  await under.until(['etl manual failed', 'etl manual succeeded']);
  expect(refusal(() => under.scheduler.runs.again('etl#2', 'same', 'failed-step'))).toBe(
    'nothing-failed: etl#2 is succeeded: there is no failed step to go on from.',
  );
  expect(refusal(() => under.scheduler.runs.again('etl#1', 'current', 'failed-step'))).toMatch(/^bad-choice: /);
});

test('a run of which only a handler failed has no failed step', async () => {
  const under = await failedOnce('always: [{ name: tell, command: x }]\n', { tell: fails(1) });
  expect(refusal(() => under.scheduler.runs.again('etl#1', 'same', 'failed-step'))).toMatch(
    /^nothing-failed: All steps of etl#1 ended well/,
  );
});
