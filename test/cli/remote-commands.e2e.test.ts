import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import type { Input, Method } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { fixtureStatus } from '../support/fixture-jobs.ts';
import { fixtureRun } from '../support/fixture-history.ts';
import { fixtureRunning, fixtureWaiting } from '../support/fixture-runs.ts';
import { startHost, TestRun, testTask, type TestHost } from './host.ts';
import { nightjar, OLD_NODE, startNightjar } from './nightjar.ts';

let host: TestHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function against(handlers: Partial<Handlers>, args: string[]) {
  host = await startHost(handlers);
  return nightjar([...args, '--data', host.dataFolder]);
}

/** Handlers of one method that remember what they were asked. */
function recorder<M extends Method>(method: M, answer: Awaited<ReturnType<Handlers[M]>>) {
  const inputs: Input<M>[] = [];
  const handler = (input: Input<M>) => {
    inputs.push(input);
    return answer;
  };
  return { inputs, handlers: { [method]: handler } as Partial<Handlers> };
}

test('next puts the job at the top and names its run', async () => {
  const run = { ...fixtureRun(7), job: 'hello', number: 12, id: 7 };
  const { inputs, handlers } = recorder('queue.next', run);
  const { code, stdout } = await against(handlers, ['next', 'hello', '--var', 'day=today', '--var', 'note=a=b']);
  expect(inputs).toEqual([{ job: 'hello', params: { day: 'today', note: 'a=b' } }]);
  expect([code, stdout]).toEqual([0, 'hello#12 is next in the queue; its id is 7.\n']);
});

test('what the host refuses is one sentence and exit code 1', async () => {
  const refuse = () => {
    throw new Failure('no-such-job', 'There is no job `helo`; did you mean `hello`?');
  };
  const { code, stdout, stderr } = await against({ 'queue.next': refuse }, ['next', 'helo']);
  expect([code, stdout, stderr]).toEqual([1, '', 'There is no job `helo`; did you mean `hello`?\n']);
});

test('where nothing answers the exit code is 3', async () => {
  const { code, stderr } = await nightjar(['queue', '--data', '/tmp/nightjar-nowhere']);
  expect([code, stderr]).toEqual([
    3,
    'No Nightjar answers for /tmp/nightjar-nowhere. Start one with `nightjar serve`.\n',
  ]);
});

test('queue lists what runs and what waits, with the reason', async () => {
  const waiting = fixtureWaiting();
  const queue = { running: fixtureRunning(), waiting, waitingCount: waiting.length };
  // A page each, and the last one has moved in between.
  host = await startHost({
    'queue.get': ({ after = 0 }) => ({
      ...queue,
      waiting: [...(after === 0 ? waiting.slice(-1) : []), ...waiting.slice(after, after + 1)],
      next: after + 1 < waiting.length ? after + 1 : null,
    }),
  });
  const { stdout, code } = await nightjar(['queue', '--data', host.dataFolder]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1 + queue.running.length + queue.waiting.length);
  expect(lines[1]).toMatch(/^ *214308 +warehouse\/load-orders#1841 +running +scheduled +.* for \d+ .*/);
  expect(stdout).toContain('Both slots are in use.');
  expect(code).toBe(0);
  const asJson = JSON.parse((await nightjar(['queue', '--json', '--data', host.dataFolder])).stdout);
  expect(asJson).toHaveLength(lines.length - 1);
  const keys = ['id', 'job', 'trigger', 'state', 'reason', 'dueAt', 'queuedAt', 'startedAt', 'endedAt', 'exitCode'];
  expect(Object.keys(asJson[0])).toEqual(expect.arrayContaining(keys));
});

test('runs asks page by page until it has as many as were wanted', async () => {
  const asked: unknown[] = [];
  const { stdout } = await against(
    {
      'runs.list': (filter) => {
        asked.push(filter);
        const first = (filter.beforeId ?? 5_001) - 1;
        return { runs: Array.from({ length: filter.limit }, (_, index) => fixtureRun(first - index)), hasMore: true };
      },
    },
    ['runs', '--json', '--job', 'hello', '--state', 'failed', '--state', 'timed-out', '--limit', '1200'],
  );
  const filter = { job: 'hello', states: ['failed', 'timed-out'] };
  expect(asked).toEqual([
    { ...filter, limit: 1000 },
    { ...filter, beforeId: 4001, limit: 200 },
  ]);
  expect(JSON.parse(stdout).map(({ id }: { id: number }) => id)).toEqual(
    Array.from({ length: 1200 }, (_, index) => 5000 - index),
  );
});

test('runs shows a skipped row with its count, and how long a run took', async () => {
  const runs = [
    {
      ...fixtureRun(7),
      id: 7,
      job: 'hello',
      number: 3,
      state: 'failed' as const,
      startedAt: 0,
      endedAt: 108_000,
      exitCode: 2,
      reason: 'exit code 2',
    },
    {
      ...fixtureRun(6),
      id: 6,
      job: 'hello',
      number: 2,
      state: 'skipped' as const,
      startedAt: null,
      endedAt: null,
      exitCode: null,
      reason: 'asleep',
      skipped: { count: 40, firstAt: 0, lastAt: 1 },
    },
  ];
  const { stdout } = await against({ 'runs.list': () => ({ runs, hasMore: false }) }, ['runs']);
  expect(stdout).toMatch(/^ *7 +hello#3 +failed +\S+ +1970-01-01 .* +1 m 48 s +2 +exit code 2$/m);
  expect(stdout).toMatch(/^ *6 +hello#2 +skipped ×40 +\S+ +1970-01-01 .* +asleep$/m);
});

test('cancel takes a run by id and by job#number', async () => {
  const { inputs, handlers } = recorder('runs.cancel', { ...fixtureRun(7), job: 'hello', number: 3, state: 'running' });
  host = await startHost(handlers);
  const { stdout } = await nightjar(['cancel', '12', '--data', host.dataFolder]);
  await nightjar(['cancel', 'reports/disk#3', '--data', host.dataFolder]);
  expect(inputs).toEqual([{ run: 12 }, { run: 'reports/disk#3' }]);
  expect(stdout).toBe('hello#3 is being cancelled.\n');
});

test('pause for an hour says until when, resume ends it', async () => {
  const paused = recorder('queue.pause', {});
  const resumed = recorder('queue.resume', {});
  host = await startHost({ ...paused.handlers, ...resumed.handlers });
  const before = Date.now();
  const { stdout } = await nightjar(['pause', '--for', '1h', '--data', host.dataFolder]);
  expect(stdout).toMatch(/^All jobs are paused until \S.*; what runs goes on\.\n$/);
  const { untilAt, job } = paused.inputs[0] ?? {};
  expect([job, (untilAt ?? 0) >= before + 3_600_000, (untilAt ?? 0) <= Date.now() + 3_600_000]).toEqual([
    undefined,
    true,
    true,
  ]);
  expect((await nightjar(['resume', 'hello', '--data', host.dataFolder])).stdout).toBe('The pause of hello is over.\n');
  expect(resumed.inputs).toEqual([{ job: 'hello' }]);
});

test('status is a page of lines', async () => {
  const { code, stdout } = await against({ status: fixtureStatus }, ['status']);
  expect(stdout).toMatch(/^Nightjar +0\.1\.0, headless, pid \d+/m);
  expect(stdout).toMatch(/^Engine +Docker/m);
  expect(code).toBe(0);
});

test('logs prints each line behind its task, without what could harm the terminal', async () => {
  const run = new TestRun();
  run.add(0, 'Attempt 1 of 2', 'nightjar');
  run.add(1, '\u001b[31mred\u001b]52;c;x\u0007 orders');
  run.add(2, 'loaded', 'stderr');
  host = await startHost(run.handlers());
  const all = await nightjar(['logs', '7', '--data', host.dataFolder]);
  expect(all.stdout).toBe('nightjar       | Attempt 1 of 2\nextract/orders | red orders\nload           | loaded\n');
  const one = await nightjar(['logs', '7', 'load', '--data', host.dataFolder]);
  expect(one.stdout).toBe('load           | loaded\n');
  const json = await nightjar(['logs', '7', 'extract/orders', '--json', '--data', host.dataFolder]);
  expect(JSON.parse(json.stdout)).toEqual([run.lines[1]]);
});

test('logs of a job are those of its newest run that has begun, with -f also of one that waits', async () => {
  const run = new TestRun();
  run.add(1, 'loaded');
  run.detail = { ...run.detail, state: 'succeeded' };
  const { inputs, handlers } = recorder('runs.list', { runs: [fixtureRun(7)], hasMore: true });
  const asked: Input<'runs.get'>[] = [];
  const get = (input: Input<'runs.get'>) => {
    asked.push(input);
    return run.detail;
  };
  host = await startHost({ ...run.handlers(), ...handlers, 'runs.get': get });
  const { stdout } = await nightjar(['logs', 'hello', '--data', host.dataFolder]);
  await nightjar(['logs', 'hello', '-f', '--data', host.dataFolder]);
  expect(stdout).toBe('extract/orders | loaded\n');
  const begun = ['running', 'succeeded', 'failed', 'cancelled', 'timed-out', 'interrupted'];
  expect(inputs).toEqual([
    { job: 'hello', states: begun, limit: 1 },
    { job: 'hello', states: expect.arrayContaining(['queued', ...begun]), limit: 1 },
  ]);
  expect(inputs[1]?.states).not.toContain('skipped');
  expect(new Set(asked.map((input) => input.run))).toEqual(new Set([fixtureRun(7).id]));
});

test.each(['logs', 'artifacts', 'shell'])('%s of a job that has not run says how to run it', async (command) => {
  const { code, stdout, stderr } = await against({ 'runs.list': () => ({ runs: [], hasMore: false }) }, [
    command,
    'helo',
  ]);
  const message = 'No run of `helo` has begun. `nightjar list` has the jobs, and `nightjar next JOB` runs one.\n';
  expect([code, stdout, stderr]).toEqual([1, '', message]);
});

test('a task that the run does not have is answered with those that it has', async () => {
  const { code, stderr } = await against(new TestRun().handlers(), ['logs', '7', 'lod']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\S+#\d+ has no task `lod`; it has `extract\/orders`, `load`\.\n$/);
});

test('ten thousand lines come in order, page by page, also where an answer would be too large', async () => {
  const run = new TestRun();
  for (let line = 0; line < 10_000; line++) run.add(1, `line ${line}`);
  const handlers = run.handlers();
  const { stdout } = await against(
    {
      ...handlers,
      'log.slice': (input) => {
        if (input.count > 500) throw new Failure('too-large', 'The answer is larger than 4 MiB.');
        return handlers['log.slice']!(input);
      },
    },
    ['logs', '7'],
  );
  expect(stdout).toBe(run.lines.map(({ text }) => `extract/orders | ${text}\n`).join(''));
});

test('logs -f prints what is added, attempts that are new included, and ends with the run', async () => {
  const run = new TestRun();
  run.add(1, 'first');
  host = await startHost(run.handlers());
  const { child, ended } = startNightjar(['logs', '7', '-f', '--data', host.dataFolder]);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  expect(await next()).toBe('extract/orders | first');

  run.add(2, 'second');
  host.emit('log.grew', run.detail.id, { run: run.detail.id, lines: 2 });
  expect(await next()).toBe('load           | second');

  run.detail = { ...run.detail, tasks: [...run.detail.tasks, testTask(3, 'load', 'load', 2)] };
  run.add(3, 'again');
  host.emit('log.grew', run.detail.id, { run: run.detail.id, lines: 3 });
  expect(await next()).toBe('load (2)       | again');

  run.add(3, 'last words');
  run.detail = { ...run.detail, state: 'succeeded' };
  host.emit('run.changed', run.detail.id, { run: run.detail.id });
  const { code, stdout, stderr } = await ended;
  expect(stdout).toContain('load (2)       | last words\n');
  expect([code, stderr]).toEqual([0, '']);
});

test('a host that goes away ends logs -f with exit code 3', async () => {
  const run = new TestRun();
  run.add(1, 'first');
  host = await startHost(run.handlers());
  const { child, ended } = startNightjar(['logs', '7', '-f', '--data', host.dataFolder]);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  await host.close();
  host = undefined;
  const { code, stderr } = await ended;
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /^(Nightjar went away before the run ended|The connection to Nightjar closed before it answered)\.\n$/,
  );
});

test.skipIf(OLD_NODE === undefined)('a signal to the door reaches who does the work, and is how both end', async () => {
  const run = new TestRun();
  run.add(1, 'first');
  host = await startHost(run.handlers());
  const args = ['logs', '7', '-f', '--data', host.dataFolder];
  const { child, ended } = startNightjar(args, { node: OLD_NODE ?? '' });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  child.kill('SIGTERM');
  // Standard output closes when the last who has it is gone.
  const { code, signal, stderr } = await ended;
  expect([code, signal, stderr]).toEqual([null, 'SIGTERM', '']);
});
