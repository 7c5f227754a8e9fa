import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AfterGraph, type AfterNode } from '../../../electron/scheduler/job-file/after-graph.ts';
import { processorTime } from '../../support/processor-time.ts';
import { startHome, put, STEP, temporaryFolder } from './home-folder.ts';

const node = (id: string, after: readonly string[] = [], pipelineName = id): AfterNode => ({
  id,
  definition: { pipelineName, after: after.map((job) => ({ job, on: 'success' })) },
});
const problems = (nodes: readonly AfterNode[]) => {
  const graph = new AfterGraph(nodes);
  return nodes.flatMap((one) =>
    graph.problemsOf(one, one.id, []).map(({ file, severity, message }) => `${file}: ${severity}: ${message}`),
  );
};

test('a circle is told to each of its members, from that one on; who only follows it is not at fault', () => {
  const told = problems([
    node('a', ['c']),
    node('b', ['a']),
    node('c', ['b']),
    node('d', ['c']),
    node('e', ['d', 'x'], 'y'),
  ]);
  expect(told).toEqual([
    'a: error: these jobs would start one another for ever: a → b → c → a; take one `after` out',
    'b: error: these jobs would start one another for ever: b → c → a → b; take one `after` out',
    'c: error: these jobs would start one another for ever: c → a → b → c; take one `after` out',
    'e: warning: there is no job with the id or pipeline_name `x`, so nothing starts this one after it; did you mean `a`?',
  ]);
});

test('two circles that share a job are both told, each by at least one of its own members', () => {
  const told = problems([
    node('hub', ['left', 'right', 'free']),
    node('left', ['hub']),
    node('right', ['hub']),
    node('free'),
  ]);
  expect(told.map((line) => line.slice(0, line.indexOf(' error')))).toEqual(['hub:', 'left:', 'right:']);
});

test('a job is not told that it may have meant itself', () => {
  expect(problems([node('load2', ['load1'])])).toEqual([
    'load2: warning: there is no job with the id or pipeline_name `load1`, so nothing starts this one after it',
  ]);
});

test('a name is an id, or a pipeline_name that only one job has', () => {
  const jobs = [node('x/one', [], 'load'), node('x/two', [], 'load'), node('y', [], 'backup'), node('backup')];
  const graph = new AfterGraph([...jobs, node('z', ['backup'])]);
  expect([graph.followersOf('backup'), graph.followersOf('y')]).toEqual([[{ id: 'z', index: 0 }], []]);
  expect(problems([...jobs, node('z', ['load'])])).toEqual([
    'z: error: 2 jobs are called `load`: say which by its id: x/one, x/two',
  ]);
});

test('ten thousand jobs in one circle, and as many in one chain, are judged in a moment', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => index);
  const took = processorTime();
  const circle = new AfterGraph(many.map((index) => node(`j${index}`, [`j${(index + 9_999) % 10_000}`])));
  expect(circle.problemsOf(node('j0', ['j9999']), 'j0', [])[0]?.message).toContain('j0 → j1 → ');
  expect(circle.problemsOf(node('j0', ['j9999']), 'j0', [])[0]?.message).toContain('… 9990 more … → j0');
  const chain = new AfterGraph(many.map((index) => node(`j${index}`, index === 0 ? [] : [`j${index - 1}`])));
  expect(chain.followersOf('j7')).toEqual([{ id: 'j8', index: 0 }]);
  expect(took()).toBeLessThan(750);
});

test('a change of one file makes and mends a circle over others, each with its place; the last valid versions hold', async () => {
  const folder = await temporaryFolder();
  await put(folder, {
    'a.yml': STEP,
    'b.yml': `${STEP}after:\n  - job: a\n`,
    'c.yml': `${STEP}after: [{ job: later }]\n`,
  });
  const { home, changes } = await startHome(folder);
  const told = () =>
    home
      .jobs()
      .flatMap(({ file, problems: all }) => all.map((one) => `${file}:${one.line}:${one.column} ${one.severity}`));
  const followers = () => ['a', 'b', 'later'].map((id) => home.followersOf(id).map(({ definition }) => definition.id));
  expect([told(), followers()]).toEqual([['c.yml:2:16 warning'], [['b'], [], []]]);

  await writeFile(join(folder, 'a.yml'), `${STEP}after: [{ job: b }]\n`);
  await put(folder, { 'later.yml': STEP });
  await home.rescan();
  expect(told()).toEqual(['a.yml:2:16 error', 'b.yml:3:10 error']);
  expect(followers()).toEqual([['b'], [], ['c']]);
  expect(home.checkText('b.yml', STEP).problems).toEqual([]);
  expect(home.checkText('new.yml', `${STEP}after: [{ job: none }]\n`)).toMatchObject({
    definition: { id: 'new' },
    problems: [{ line: 2, column: 16, severity: 'warning' }],
  });

  changes.length = 0;
  await writeFile(join(folder, 'b.yml'), STEP);
  await home.rescan();
  expect([told(), followers()]).toEqual([[], [[], ['a'], ['c']]]);
  expect(changes.flatMap(({ changed }) => changed.map(({ id }) => id)).sort()).toEqual(['a', 'b']);
});
