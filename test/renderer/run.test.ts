import { expect, test } from 'vitest';
import { box, marksPath, placeOf } from '../../renderer/components/log/edge.ts';
import { shortName } from '../../renderer/state/combination.ts';
import { facts } from '../../renderer/state/run-facts.ts';
import { gantt } from '../../renderer/state/run-gantt.ts';
import { graph } from '../../renderer/state/run-graph.ts';
import { groupState, idsOf, shortImage, taskNote, taskRows } from '../../renderer/state/run-tasks.ts';
import { NOW } from '../support/fixture-jobs.ts';
import { fixtureLog } from '../support/fixture-log.ts';

const run = fixtureLog().run;
const rows = taskRows(run.tasks);
const row = (name: string) => rows.find((candidate) => candidate.name === name)!;

test('a task is one row with all its attempts, and its log is that of all of them', () => {
  expect(rows.map(({ name, attempts }) => `${name} ${attempts.length}`)).toEqual([
    'orders 2',
    'customers 1',
    'load 1',
    'report 1',
    'tell 1',
  ]);
  expect(idsOf(rows, 'orders')).toEqual([11, 12]);
});

test('below a name stands what is special now, else what the task runs in', () => {
  expect(taskNote(row('orders'), NOW)).toBe('attempt 2 of 3');
  expect(taskNote(row('customers'), NOW)).toBe('past its median');
  expect(taskNote(row('load'), NOW)).toBe('postgres:17');
  expect(taskNote(row('report'), NOW)).toBe('process');
  expect(shortImage('registry.example:5000/team/app:1.2@sha256:abc')).toBe('app:1.2');
});

test('attempts are bars with the wait between them, and what is over the median has its own', () => {
  const chart = gantt(run, rows, NOW);
  expect(chart.rows[0]!.bars.map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['bad', 0, 29_000],
    ['wait', 29_000, 59_000],
    ['live', 59_000, 108_000],
  ]);
  expect(chart.rows[1]!.bars.map(({ kind }) => kind)).toEqual(['live', 'over']);
  expect(chart.rows[1]!.isOver).toBe(true);
});

test('what waits is predicted after the slowest of the group before it, and with it the end of the run', () => {
  const chart = gantt(run, rows, NOW);
  // orders: began at 59 s, usually takes 90.
  expect(chart.rows[2]!.bars).toEqual([{ kind: 'plan', from: 149_000, to: 179_000 }]);
  expect(chart.rows[3]!.bars).toEqual([{ kind: 'plan', from: 179_000, to: 196_000 }]);
  expect(chart.predictedEndAt! - run.startedAt!).toBe(196_000);
  expect(chart.ticks.length).toBeLessThanOrEqual(5);
  expect(chart.ticks.map(({ label }) => label)).toContain('1 m');
});

test('without a history nothing is predicted', () => {
  const tasks = run.tasks.map((task) => ({ ...task, medianMs: null }));
  const chart = gantt({ ...run, tasks }, taskRows(tasks), NOW);
  expect(chart.predictedEndAt).toBeNull();
  expect(chart.rows[2]).toMatchObject({ bars: [], label: 'waits' });
});

test('a run that has ended is drawn to its end, whenever it is looked at', () => {
  const tasks = run.tasks.map((task) =>
    task.state === 'running' ? { ...task, state: 'succeeded' as const, endedAt: NOW } : task,
  );
  const ended = { ...run, state: 'succeeded' as const, endedAt: NOW, tasks };
  const chart = gantt(ended, taskRows(tasks), NOW + 86_400_000);
  expect(chart.endMs).toBeLessThan(200_000);
});

test('the graph puts groups side by side, parallel tasks one below another, handlers last', () => {
  const shape = graph(run.groups, rows, 0);
  expect(shape.nodes.map(({ row: { name }, x }) => [name, x])).toEqual([
    ['orders', 0],
    ['customers', 0],
    ['load', 154],
    ['report', 308],
  ]);
  const [orders, customers, load] = shape.nodes;
  expect(load!.y).toBe((orders!.y + customers!.y) / 2);
  expect(shape.handlers.map(({ text, y }) => [text, y > load!.y])).toEqual([['on failure: tell', true]]);
  expect(shape.edges.length).toBe(5);
});

test('the combinations of a matrix are one node that counts them; four or fewer stand apart, by their values', () => {
  const [task] = run.tasks;
  const of = (count: number, failed: number) =>
    taskRows(
      Array.from({ length: count }, (_, n) => ({
        ...task!,
        id: 100 + n,
        name: `test (n=${n}, db=pg, a=b)`,
        state: n === failed ? ('failed' as const) : ('succeeded' as const),
      })),
    );
  const shown = (count: number, failed: number) =>
    graph(['test'], of(count, failed), 0).nodes.map(
      ({ name, note, row: { last } }) => `${name}, ${note}: ${last.state}`,
    );
  expect(shown(24, 7)).toEqual(['test, 1 of 24 failed: failed']);
  expect(shown(5, -1)).toEqual(['test, 5 tasks: succeeded']);
  expect(shown(2, -1).map((words) => words.split(',').slice(0, 3).join())).toEqual(['0, pg, b', '1, pg, b']);
  expect([shortName('load'), shortName('load (twice)')]).toEqual(['load', 'load (twice)']);
});

test('runs that follow one another are named on both pages, as links', () => {
  const upstream = { id: 3, job: 'backups/nightly', number: 12 };
  const downstream = [{ id: 9, job: 'tell', number: 4, state: 'succeeded' as const }];
  const found = facts({ ...run, trigger: 'after', dueAt: null, upstream, downstream }, rows, NOW, 'UTC', null);
  const named = found
    .filter(({ runs }) => runs !== undefined)
    .map(({ text, runs }) => [text, runs![0]!.name, runs![0]!.address]);
  expect(named).toEqual([
    ['after', 'nightly #12', '#/run/3'],
    ['', 'tell #4', '#/run/9'],
  ]);
});

test('a group is what its worst task is', () => {
  expect(groupState([row('orders'), row('load')])).toBe('running');
  expect(groupState([row('load')])).toBe('waiting');
});

test('the facts say why it exists, since when, how long still, and what it was given', () => {
  const found = Object.fromEntries(
    facts(run, rows, NOW, 'Europe/Berlin', NOW + 88_000).map(({ term, text }) => [term, text]),
  );
  expect(found).toMatchObject({
    Trigger: 'scheduled, due 21:40:00',
    Started: '21:40:02, waited 2 s',
    Elapsed: '1 m 48 s',
    'Predicted end': '21:43:18, in 1 m 28 s',
    Attempts: 'orders 2 of 3',
    Params: 'day = yesterday',
    Variables: 'TEST_PIPELINE = true, 3 more',
    Group: 'warehouse',
  });
});

test('the facts of a run that failed say how it ended', () => {
  const failed = { ...run, state: 'failed' as const, endedAt: NOW, exitCode: 2, reason: 'exit 2, in task load' };
  const found = Object.fromEntries(
    facts(failed, rows, NOW, 'Europe/Berlin', null).map(({ term, text }) => [term, text]),
  );
  expect(found).toMatchObject({ Took: '1 m 48 s', Outcome: 'exit 2, in task load' });
});

test('the box on the edge can always be caught, and a drag to either end is the end', () => {
  expect(box(400, 0.000_001, 1)).toEqual({ top: 376, height: 24 });
  expect(box(400, 0.5, 0)).toEqual({ top: 0, height: 200 });
  expect(placeOf(400, 24, 376)).toBe(1);
  expect(placeOf(400, 24, -50)).toBe(0);
  expect(placeOf(20, 24, 5)).toBe(0);
});

test('ten thousand marks are at most one stroke per pixel', () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index * 3);
  expect(marksPath(300, numbers, 30_000).split('M').length - 1).toBeLessThanOrEqual(300);
});
