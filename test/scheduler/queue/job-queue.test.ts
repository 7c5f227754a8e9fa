import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { stateOn, newRun, T0, temporaryState, endedRun } from '../store/temporary-state.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';

const order = (queue: { waiting(): Iterable<{ job: string; number: number }> }) =>
  [...queue.waiting()].map(({ job, number }) => `${job}#${number}`);

test('runs wait in the order in which they were queued, numbered within their job', async () => {
  const { queue } = await temporaryState();
  for (const job of ['a', 'b', 'a']) queue.enqueue(newRun(job));
  expect(order(queue)).toEqual(['a#1', 'b#1', 'a#2']);
  expect(queue.countWaiting()).toBe(3);
});

test('an occurrence is queued once, however often and from wherever it is tried', async () => {
  const { queue, file, db } = await temporaryState();
  const second = openDatabase(file);
  const other = stateOn(second).queue;
  const occurrence = (minute: number) => ({ schedule: '* * * * * UTC', dueAt: T0 + minute * 60_000 });
  let queued = 0;
  for (let tries = 0; tries < 3; tries++) {
    for (let minute = 0; minute < 250; minute++) {
      const by = (tries + minute) % 2 === 0 ? queue : other;
      if (by.enqueue(newRun('a'), occurrence(minute))) queued++;
    }
  }
  second.close();
  expect(queued).toBe(250);
  expect(queue.countWaiting()).toBe(250);
  expect(db.prepare('SELECT count(*) FROM occurrences o JOIN runs r ON r.id = o.run_id').pluck().get()).toBe(250);
  expect([...queue.waiting()].map((run) => run.number)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
});

test('the same moment of another schedule of the job is another occurrence', async () => {
  const { queue } = await temporaryState();
  expect(queue.enqueue(newRun('a'), { schedule: '0 * * * * UTC', dueAt: T0 })).toBeDefined();
  expect(queue.enqueue(newRun('a'), { schedule: '0 * * * * Europe/Berlin', dueAt: T0 })).toBeDefined();
  expect(queue.enqueue(newRun('a'), { schedule: '0 * * * * UTC', dueAt: T0 })).toBeUndefined();
});

test('a batch is queued in its order, and says which of it was queued before', async () => {
  const { queue } = await temporaryState();
  const of = (job: string) => ({ run: newRun(job), occurrence: { schedule: '@daily UTC', dueAt: T0 } });
  queue.enqueueAll([of('b')]);
  const ids = queue.enqueueAll([of('a'), of('b'), of('c'), of('a')]);
  expect(ids).toEqual([2, undefined, 4, undefined]);
  expect(order(queue)).toEqual(['b#1', 'a#1', 'c#1']);
});

test('of many occurrences of one moment each is queued once, and the others keep their places', async () => {
  const { queue, schedules, runs, db } = await temporaryState();
  const jobs = ['a', 'b', 'c', 'd', 'e'];
  const seen = schedules.see(
    jobs.map((job) => ({ job, schedule: '@daily' })),
    T0 - 1,
  );
  const plain = jobs.map((job) => newRun(job, { isAsDefined: true }));
  const batch = plain.map((run, index) => ({
    run,
    occurrence: { schedule: '@daily', scheduleId: seen[index]!.id, dueAt: T0 },
  }));
  expect(queue.enqueueAll(batch.slice(2, 3))).toEqual([1]);
  expect(queue.enqueueAll(batch)).toEqual([2, 3, undefined, 5, 6]);
  expect(queue.enqueueAll(batch)).toEqual(batch.map(() => undefined));
  expect(order(queue)).toEqual(['c#1', 'a#1', 'b#1', 'd#1', 'e#1']);
  const taken = db.prepare('SELECT run_id FROM occurrences ORDER BY schedule_id').pluck().all();
  expect(taken).toEqual([2, 3, 1, 5, 6]);
  expect(runs.getRun(5)).toMatchObject({ job: 'd', number: 1, dueAt: T0 });
});

test('a batch with one run that cannot be stored leaves nothing behind, numbers included', async () => {
  const { queue, db } = await temporaryState();
  const bad = newRun('b', { trigger: 'whim' as 'manual' });
  expect(() => queue.enqueueAll([{ run: newRun('a') }, { run: bad }])).toThrow(/CHECK constraint/);
  expect(queue.countWaiting()).toBe(0);
  expect(db.prepare('SELECT count(*) FROM job_numbers').pluck().get()).toBe(0);
});

test('of two who say "run next" the last is first, before everything that was queued', async () => {
  const { queue } = await temporaryState();
  queue.enqueue(newRun('a'));
  queue.addFirst(newRun('b', { trigger: 'manual' }));
  queue.addFirst(newRun('c', { trigger: 'manual' }));
  expect(order(queue)).toEqual(['c#1', 'b#1', 'a#1']);
});

test('run next moves the run of the job that waits with the same params, and makes it manual', async () => {
  const { queue } = await temporaryState();
  queue.enqueue(newRun('a'));
  const waits = queue.enqueue(newRun('b', { params: { day: 'monday', full: 'true' } }));
  const moved = queue.addFirst(newRun('b', { trigger: 'manual', params: { full: 'true', day: 'monday' } }));
  expect(moved).toMatchObject({ id: waits?.id, trigger: 'manual', params: { day: 'monday', full: 'true' } });
  expect(order(queue)).toEqual(['b#1', 'a#1']);
  queue.addFirst(newRun('b', { trigger: 'manual', params: { day: 'tuesday', full: 'true' } }));
  expect(order(queue)).toEqual(['b#2', 'b#1', 'a#1']);
});

test('run next does not wait for a retry’s moment', async () => {
  const { queue } = await temporaryState();
  const run = queue.enqueue(newRun('a', { attempts: 3 }))!;
  queue.claim(run.id, 'me', T0);
  queue.requeueForRetry({ id: run.id, from: 'running', owner: 'me', notBeforeAt: T0 + 60_000, reason: 'Retry.' });
  expect(queue.addFirst(newRun('a', { trigger: 'manual' }))).toMatchObject({
    id: run.id,
    notBeforeAt: null,
    attempt: 2,
  });
});

test('a run is dragged before and after others, a hundred times into the same place too', async () => {
  const { queue } = await temporaryState();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((job) => queue.enqueue(newRun(job))!.id) as [
    number,
    number,
    number,
    number,
  ];
  queue.move(d, a, 'before');
  expect(order(queue)).toEqual(['d#1', 'a#1', 'b#1', 'c#1']);
  queue.move(d, b, 'after');
  expect(order(queue)).toEqual(['a#1', 'b#1', 'd#1', 'c#1']);
  queue.move(d, d, 'after');
  for (let drag = 0; drag < 100; drag++) {
    queue.move(drag % 2 === 0 ? c : d, b, 'after');
    expect(order(queue)).toEqual(['a#1', 'b#1', ...(drag % 2 === 0 ? ['c#1', 'd#1'] : ['d#1', 'c#1'])]);
  }
  queue.moveFirst(c);
  expect(order(queue)[0]).toBe('c#1');
});

test('Run next of a waiting run makes it a manual one that waits for no moment: it passes jitter, conditions and a pause', async () => {
  const { queue } = await temporaryState();
  const { id } = queue.enqueue(newRun('a', { notBeforeAt: T0 + 60_000 }))!;
  expect(queue.moveFirst(id)).toMatchObject({ trigger: 'manual', notBeforeAt: null });
});

test('what does not wait has no place: a sentence says so', async () => {
  const state = await temporaryState();
  const { queue } = state;
  const ended = endedRun(state, 'backup');
  const waits = queue.enqueue(newRun('a'))!.id;
  expect(() => queue.moveFirst(ended)).toThrow(
    'backup#1 is succeeded: only a run that waits can change its place in the queue.',
  );
  expect(() => queue.move(waits, ended, 'after')).toThrow(expect.objectContaining({ code: 'not-queued' }));
  expect(() => queue.move(99, waits, 'after')).toThrow('Run 99 is not known');
});

test('two connections claim the same run: only one gets it', async () => {
  const { queue, file } = await temporaryState();
  const second = openDatabase(file);
  const other = stateOn(second).queue;
  const ids = Array.from({ length: 30 }, () => queue.enqueue(newRun('a'))!.id);
  const claims = ids.map((id, index) => {
    const [first, then] = index % 2 === 0 ? [queue, other] : [other, queue];
    return [first.claim(id, 'first', T0), then.claim(id, 'then', T0)];
  });
  second.close();
  expect(claims.every(([first, then]) => first?.owner === 'first' && then === undefined)).toBe(true);
  expect(queue.running()).toHaveLength(30);
});

test('the claim alone is written through to the disk', async () => {
  const { queue, db } = await temporaryState();
  const modes: unknown[] = [];
  db.function('mode_now', () => modes.push('claimed'));
  db.exec('CREATE TEMP TRIGGER seen AFTER UPDATE OF owner ON runs BEGIN SELECT mode_now(); END');
  const pragma = db.pragma.bind(db);
  db.pragma = (source, options) => (modes.push(source), pragma(source, options));
  queue.claim(queue.enqueue(newRun('a'))!.id, 'me', T0);
  expect(modes).toEqual(['synchronous = FULL', 'claimed', 'synchronous = NORMAL']);
  expect(pragma('synchronous', { simple: true })).toBe(1);
});

test('claiming while walking the queue neither repeats nor misses a run, over many pages', async () => {
  const { queue } = await temporaryState();
  queue.enqueueAll(Array.from({ length: 450 }, () => ({ run: newRun('a') })));
  const seen: number[] = [];
  for (const row of queue.waiting()) {
    seen.push(row.number);
    if (row.number % 50 === 0) queue.claim(row.id, 'me', T0);
  }
  expect(seen).toEqual(Array.from({ length: 450 }, (_, index) => index + 1));
  expect(queue.countWaiting()).toBe(441);
});

test('a request to cancel stays until its run has ended, reaches its owner only, and rules a retry out', async () => {
  const { queue, runs } = await temporaryState();
  const run = queue.enqueue(newRun('a', { attempts: 3 }))!;
  expect(queue.requestCancel(run.id, T0)).toBe(false);
  queue.claim(run.id, 'old', T0);
  expect(queue.cancelRequests('old')).toEqual([]);
  expect(queue.requestCancel(run.id, T0 + 1)).toBe(true);
  expect(queue.requestCancel(run.id, T0 + 2)).toBe(true);
  expect(runs.getRun(run.id)?.cancelRequestedAt).toBe(T0 + 1);
  expect(queue.cancelRequests('new')).toEqual([]);
  expect(queue.cancelRequests('old')).toEqual([run.id]);
  expect(queue.requeueForRetry({ id: run.id, from: 'running', owner: 'old', notBeforeAt: T0, reason: '' })).toBe(false);
  expect(queue.putBack(run.id, 'old', '')).toBe(false);
  runs.finishRun({ id: run.id, owner: 'old', state: 'cancelled', reason: 'by you', exitCode: null, at: T0 + 3 });
  expect(queue.cancelRequests('old')).toEqual([]);
});

test('a waiting run is cancelled once; a running one is not cancelled that way', async () => {
  const { queue, runs } = await temporaryState();
  const [a, b] = [queue.enqueue(newRun('a'))!, queue.enqueue(newRun('b'))!];
  queue.claim(b.id, 'me', T0);
  expect([queue.cancelQueued(a.id, 'by you', T0 + 5), queue.cancelQueued(a.id, 'by you', T0 + 6)]).toEqual([
    true,
    false,
  ]);
  expect(queue.cancelQueued(b.id, 'by you', T0)).toBe(false);
  expect(runs.getRun(a.id)).toMatchObject({ state: 'cancelled', reason: 'by you', endedAt: T0 + 5 });
});

test('a retry is the same run at the end of the queue, with its definition, its next attempt and its moment', async () => {
  const { queue, runs } = await temporaryState();
  const run = queue.enqueue(newRun('a', { attempts: 3 }))!;
  queue.claim(run.id, 'me', T0);
  queue.enqueue(newRun('b'));
  const retry = {
    id: run.id,
    from: 'running',
    owner: 'me',
    notBeforeAt: T0 + 60_000,
    reason: 'Retry 2 of 3 at 08:01.',
  } as const;
  expect(queue.requeueForRetry({ ...retry, owner: 'other' })).toBe(false);
  expect(queue.requeueForRetry(retry)).toBe(true);
  expect(queue.requeueForRetry(retry)).toBe(false);
  expect(order(queue)).toEqual(['b#1', 'a#1']);
  expect(runs.getRun(run.id)).toMatchObject({
    state: 'queued',
    attempt: 2,
    notBeforeAt: T0 + 60_000,
    owner: null,
    reason: retry.reason,
  });
  expect(queue.claim(run.id, 'me', T0 + 60_000)).toMatchObject({
    attempt: 2,
    notBeforeAt: null,
    reason: null,
    startedAt: T0 + 60_000,
  });
  expect(runs.definitionOf(run.id)).toMatchObject({ id: 'a' });
});

test('a run that a crash has ended is queued for its retry, and is an ended one no longer', async () => {
  const state = await temporaryState();
  const id = endedRun(state, 'a', 'interrupted');
  expect(state.history.countRuns({ states: ['interrupted'] })).toBe(1);
  expect(state.queue.requeueForRetry({ id, from: 'interrupted', owner: 'me', notBeforeAt: T0, reason: '' })).toBe(true);
  expect(state.runs.getRun(id)).toMatchObject({ state: 'queued', endedAt: null, exitCode: null });
  expect(state.history.countRuns({ states: ['interrupted'] })).toBe(0);
});

test('a run whose executor was not there goes back to the top as if it had never been claimed', async () => {
  const { queue, runs } = await temporaryState();
  const run = queue.enqueue(newRun('a'))!;
  queue.claim(run.id, 'me', T0);
  queue.enqueue(newRun('b'));
  expect(queue.putBack(run.id, 'me', 'Docker does not answer.')).toBe(true);
  expect(order(queue)).toEqual(['a#1', 'b#1']);
  expect(runs.getRun(run.id)).toMatchObject({
    attempt: 1,
    startedAt: null,
    owner: null,
    reason: 'Docker does not answer.',
  });
});

test('active runs are counted by job, of all owners', async () => {
  const { queue } = await temporaryState();
  const ids = [1, 2, 3].map(() => queue.enqueue(newRun('a'))!.id);
  queue.enqueue(newRun('b'));
  queue.claim(ids[0]!, 'other', T0);
  expect(queue.activeOf('a')).toEqual({ queued: 2, running: 1 });
  expect(queue.activeOf('nobody')).toEqual({ queued: 0, running: 0 });
});

test('runs of one text share one stored definition; a new text is a new one', async () => {
  const { queue, db, runs } = await temporaryState();
  for (let count = 0; count < 5; count++) queue.enqueue(newRun('a'));
  const edited = queue.enqueue(newRun('a', { definition: { id: 'a', description: 'new' } as JobDefinition }))!;
  expect(db.prepare('SELECT count(*) FROM definitions').pluck().get()).toBe(2);
  expect(runs.definitionOf(edited.id)).toMatchObject({ description: 'new' });
  expect(runs.definitionOf(1)).toMatchObject({ id: 'a' });
});

test('what enqueue returns is what is stored', async () => {
  const { queue, runs } = await temporaryState();
  const run = queue.enqueue(newRun('a', { params: { z: '1', a: '2' }, concurrencyGroup: 'g', attempts: 2 }))!;
  expect(runs.getRun(run.id)).toEqual(run);
});
