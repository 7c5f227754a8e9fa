// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { EDITED, fixtureEditor } from '../support/fixture-editor.ts';
import { NOW } from '../support/fixture-jobs.ts';
import { fixtureLog, LOG_RUN, type FixtureLog } from '../support/fixture-log.ts';
import { look } from '../support/look.ts';
import { screenshot, type PageOptions } from '../support/window-page.ts';
import { poll, test, type OpenWindow } from '../support/window-test.ts';

/** Opens the run's page; the files are there too. */
const openRun = (
  open: (handlers: FixtureLog['handlers'], options: PageOptions) => Promise<OpenWindow>,
  log: FixtureLog,
  options: PageOptions = {},
): Promise<OpenWindow> =>
  open({ ...fixtureEditor().handlers, ...log.handlers }, { at: `#/run/${LOG_RUN}`, ...options });

test('a run says what it is, how far it is, and when it would end', async ({ open }) => {
  const { page } = await openRun(open, fixtureLog());
  await page.getByText('21:43:18, in 1 m 28 s').waitFor();
  await page.getByText('scheduled, due 21:40:00').waitFor();
  const orders = page.getByRole('button', { name: /^orders ?: running, 1 m 48 s/ });
  expect(await orders.locator('i').evaluateAll((bars) => bars.map((bar) => bar.className.split(' ')[0]))).toEqual([
    'bad',
    'wait',
    'live',
  ]);
  expect(await page.getByRole('button', { name: /^load ?: waiting, about 30 s/ }).count()).toBe(1);
});

test('a task chosen in the graph or the timeline filters the log; once more shows all', async ({ open }) => {
  const { page } = await openRun(open, fixtureLog());
  await page.getByRole('button', { name: /^customers ?: running/ }).click();
  await poll(() => page.url()).toContain('task=customers');
  const graph = page.getByRole('group', { name: /^Steps/ }).getByRole('button', { name: /customers/ });
  expect(await graph.getAttribute('aria-pressed')).toBe('true');
  await graph.click();
  await poll(() => page.url()).not.toContain('task=');
});

test('definition, difference to the run before and attempts take the log’s place and give it back', async ({
  open,
}) => {
  const { page } = await openRun(open, fixtureLog());
  await page.getByRole('tab', { name: 'Definition' }).click();
  await page.locator('.cm-content').getByText('psql -f load.sql').waitFor();
  expect(await page.locator('.cm-content').getAttribute('contenteditable')).toBe('false');
  await screenshot(page, 'run-definition');
  await page.getByRole('tab', { name: 'Compare with #1840' }).click();
  await page.locator('.cm-mergeView .cm-changedLine').first().waitFor();
  await screenshot(page, 'run-compare');
  await page.getByRole('button', { name: 'orders 2 of 3' }).click();
  await page.getByRole('cell', { name: 'exit 75' }).waitFor();
  await screenshot(page, 'run-details');
  await page.getByRole('button', { name: 'orders 2 of 3' }).click();
  await page.locator('#log-lines').waitFor();
});

test('run again and cancel call what they say', async ({ open }) => {
  const { page, host } = await openRun(open, fixtureLog());
  const again = host.called('runs.again');
  await page.getByRole('button', { name: 'Run again', exact: true }).click();
  expect(await again).toEqual({ run: LOG_RUN, definition: 'same', from: 'start' });
  await page.getByText(/is at the top of the queue/).waitFor();
  await page.getByRole('button', { name: 'Run again with…' }).click();
  const current = host.called('runs.again');
  await page.getByRole('menuitem', { name: 'With the current definition' }).click();
  expect(await current).toEqual({ run: LOG_RUN, definition: 'current', from: 'start' });
  const cancel = host.called('runs.cancel');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  expect(await cancel).toEqual({ run: LOG_RUN });
});

test('a failed run opens with the log at the failing line', async ({ open }) => {
  const log = fixtureLog(40_000);
  const tasks = log.run.tasks.map((task) =>
    task.state === 'running'
      ? { ...task, state: 'failed' as const, endedAt: NOW - 1_000, exitCode: 2, reason: 'exit 2' }
      : task,
  );
  log.run = { ...log.run, state: 'failed', endedAt: NOW - 1_000, reason: 'exit 2, in task orders', exitCode: 2, tasks };
  const { page } = await openRun(open, log);
  await page.locator('.ln.err').waitFor();
  await page.getByText('exit 2, in task orders').waitFor();
  expect(await page.getByRole('button', { name: 'Cancel', exact: true }).count()).toBe(0);
  await screenshot(page, 'run-failed');
});

test('who reads elsewhere before the failing line of a large log is found stays there, and the line is marked', async ({
  open,
}) => {
  const log = fixtureLog(40_000);
  log.run = { ...log.run, state: 'failed', endedAt: NOW, exitCode: 2, reason: 'exit 2' };
  const found = Promise.withResolvers<{ number: number }>();
  const { page } = await openRun(open, {
    ...log,
    handlers: { ...log.handlers, 'log.firstError': () => found.promise },
  });
  await page.locator('.ln .msg:not(.ghost)').first().waitFor();
  await page.locator('#log-lines').focus();
  await page.keyboard.press('Home');
  await page.locator('.ln').getByText('1', { exact: true }).first().waitFor();
  found.resolve({ number: 4 });
  await page.locator('.ln.err').waitFor();
  expect(await page.locator('.ln.target').count()).toBe(0);
  await page.locator('.ln').getByText('1', { exact: true }).first().waitFor();
});

test('a waiting run says its place in the queue and why it waits, and can be put first', async ({ open }) => {
  const log = fixtureLog(0);
  log.run = {
    ...log.run,
    id: LOG_RUN,
    state: 'queued',
    startedAt: null,
    reason: 'Group warehouse is busy: refresh-materialized-views.',
    tasks: log.run.tasks.slice(2).map((task) => ({ ...task, state: 'waiting' as const, startedAt: null })),
  };
  const { page, host } = await openRun(open, log);
  await page.getByText('Group warehouse is busy').waitFor();
  await page.getByText('No output: it has not started yet.').waitFor();
  await screenshot(page, 'run-waiting');
  host.state.waiting.push({ ...host.state.waiting[0]!, id: LOG_RUN });
  const first = host.called('queue.first');
  await page.getByRole('main').getByRole('button', { name: 'Run next' }).click();
  expect(await first).toEqual({ run: LOG_RUN });
});

test('views that have no room are in a menu, the chosen one by its name; arrows move among those that have', async ({
  open,
}) => {
  const { page } = await openRun(open, fixtureLog());
  const tabs = page.getByRole('tablist', { name: 'Views of the run' }).getByRole('tab');
  await tabs.getByText('Compare with #1840').waitFor();
  expect(await page.getByRole('button', { name: 'More views' }).count()).toBe(0);
  const names = await tabs.allInnerTexts();
  await page.setViewportSize({ width: 560, height: 640 });
  await page.getByRole('button', { name: 'More views' }).click();
  await page.getByRole('menuitem').first().waitFor();
  const rest = await page.getByRole('menuitem').allInnerTexts();
  expect(rest).toEqual(names.slice(-rest.length));
  await page.getByRole('menuitem', { name: 'Compare with #1840' }).click();
  await page.locator('.cm-mergeView').waitFor();
  expect(await page.getByRole('button', { name: 'More views' }).innerText()).toBe('Compare with #1840');
  await screenshot(page, 'run-tabs-menu');
  await tabs.first().focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.evaluate('document.activeElement.innerText')).toBe(names[1]);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.locator('#log-lines').waitFor();
});

test('a run that is not there says so and offers a way on', async ({ open }) => {
  const { page } = await openRun(open, fixtureLog(), { at: '#/run/no-such-job%2312' });
  await page.getByText('There is no run no-such-job#12.').waitFor();
  await page.getByRole('button', { name: 'To the queue' }).click();
  await poll(() => page.url()).toContain('#/queue');
  await poll(() => page.getByText('There is no run').count()).toBe(0);
});

for (const [view, at, ready] of [
  ['run', `#/run/${LOG_RUN}?line=1196`, '.ln.target'],
  ['editor', `#/edit/${EDITED}`, '.cm-problem-line'],
  ['new-job', '#/edit/', 'form'],
] as const)
  test(`${view}: accessible in both themes and whole at every size`, async ({ open }) => {
    const { page } = await openRun(open, fixtureLog(), { at });
    await page.locator(ready).first().waitFor();
    if (view === 'run') {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('retry');
      await poll(() => page.getByRole('search').getByRole('status').innerText()).toMatch(/of/);
    }
    if (view === 'editor') await page.getByRole('complementary').getByText('mail').first().waitFor();
    await look(page, view);
  });
