import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run, RunFilter } from '../../../electron/api/api.ts';
import { RUN_STATES, TRIGGERS } from '../../../electron/api/words.ts';
import type { EndState } from '../../../electron/scheduler/store/run-store.ts';
import { newRun, T0, temporaryState } from './temporary-state.ts';
import type { State } from './temporary-state.ts';

const JOBS = ['etl/Orders', 'etl/customers', 'backup'];
const ENDS: EndState[] = ['succeeded', 'failed', 'cancelled', 'timed-out', 'interrupted'];

/** 400 runs of every state, trigger and job; every third clock reading goes back. */
function fill({ queue, runs, skips }: State): void {
  for (let index = 0; index < 400; index++) {
    const job = JOBS[index % 3]!;
    const queuedAt = T0 + (index % 3 === 0 ? index - 50 : index);
    const trigger = TRIGGERS[(index >> 1) % 4]!;
    if (index % 7 === 0) {
      const moment = { firstAt: queuedAt, lastAt: queuedAt, count: 1, at: queuedAt };
      skips.record({ job, pipelineName: job, trigger, schedule: 's', reason: `r${index}`, ...moment });
      continue;
    }
    const { id } = queue.enqueue(newRun(job, { queuedAt, trigger }))!;
    if (index % 11 === 0) continue;
    queue.claim(id, 'me', queuedAt);
    if (index % 13 === 0) continue;
    const state = ENDS[index % 5]!;
    runs.finishRun({ id, owner: 'me', state, reason: null, exitCode: 0, at: queuedAt + 1 });
  }
}

/** The filter as one would say it in a sentence. */
function matches(run: Run, filter: RunFilter): boolean {
  return (
    (filter.job === undefined || run.job === filter.job) &&
    (filter.jobContains === undefined || run.job.toLowerCase().includes(filter.jobContains.toLowerCase())) &&
    !filter.withoutJobs?.includes(run.job) &&
    (filter.states === undefined || filter.states.includes(run.state)) &&
    (filter.triggers === undefined || filter.triggers.includes(run.trigger)) &&
    (filter.fromAt === undefined || run.queuedAt >= filter.fromAt) &&
    (filter.toAt === undefined || run.queuedAt < filter.toAt)
  );
}

const moment = fc.integer({ min: T0 - 60, max: T0 + 420 });
const filter: fc.Arbitrary<RunFilter> = fc.record(
  {
    job: fc.constantFrom(...JOBS, 'nobody'),
    jobContains: fc.constantFrom('etl', 'ORD', 'a', '%', 'zzz'),
    withoutJobs: fc.subarray([...JOBS, 'nobody']),
    states: fc.array(fc.constantFrom(...RUN_STATES), { maxLength: 5 }),
    triggers: fc.subarray([...TRIGGERS]),
    fromAt: moment,
    toAt: moment,
  },
  { requiredKeys: [] },
);

test('pages and counts are those of a filtered list, whatever the filter', async () => {
  const state = await temporaryState();
  fill(state);
  const all = state.history.listRuns({}, { limit: 1_000 });
  expect(all).toHaveLength(400);
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((x, y) => y - x));
  fc.assert(
    fc.property(filter, fc.integer({ min: 1, max: 60 }), (asked, limit) => {
      const expected = all.filter((run) => matches(run, asked)).map(({ id }) => id);
      expect(state.history.countRuns(asked)).toBe(expected.length);
      const pages: number[] = [];
      for (let beforeId: number | undefined; ;) {
        const page = state.history.listRuns(asked, { beforeId, limit }).map(({ id }) => id);
        pages.push(...page);
        if (page.length < limit) break;
        beforeId = page.at(-1);
      }
      expect(pages).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

test('a time range far back, or only partly among the newest runs, is found whole', async () => {
  const { queue, history } = await temporaryState();
  queue.enqueueAll(Array.from({ length: 2_500 }, (_, index) => ({ run: newRun('a', { queuedAt: T0 + index }) })));
  const times = (from: number, to: number) =>
    history.listRuns({ fromAt: T0 + from, toAt: T0 + to }, { limit: 100 }).map(({ queuedAt }) => queuedAt - T0);
  expect(times(0, 3)).toEqual([2, 1, 0]);
  expect(times(497, 503)).toEqual([502, 501, 500, 499, 498, 497]);
  expect(times(2_400, 9_999)).toHaveLength(100);
});

test('a part of a name that many jobs share is asked of all of them', async () => {
  const { queue, history } = await temporaryState();
  queue.enqueueAll(
    Array.from({ length: 60 }, (_, index) => ({ run: newRun(`${index < 40 ? 'etl' : 'backup'}/${index}`) })),
  );
  expect(history.listRuns({ jobContains: 'etl' }, { limit: 100 })).toHaveLength(40);
  expect(history.listRuns({ jobContains: 'backup' }, { limit: 100 })).toHaveLength(20);
});

test('counts stay exact when runs are retained away', async () => {
  const state = await temporaryState();
  fill(state);
  state.db.exec('DELETE FROM runs WHERE id % 2 = 0');
  const left = state.history.listRuns({}, { limit: 1_000 });
  for (const name of RUN_STATES) {
    expect(state.history.countRuns({ states: [name] })).toBe(left.filter((run) => run.state === name).length);
  }
  expect(state.history.countRuns({})).toBe(left.length);
});
