// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { NOW } from '../support/fixture-jobs.ts';
import { fixtureLog, LOG_RUN } from '../support/fixture-log.ts';
import { fixtureUsage } from '../support/fixture-usage.ts';
import { look } from '../support/look.ts';
import { screenshot } from '../support/window-page.ts';
import { poll, test } from '../support/window-test.ts';

const at = `#/run/${LOG_RUN}`;
const measured = (log = fixtureLog()) => ({ ...log.handlers, 'runs.stats': () => fixtureUsage(log.run.tasks) });

test('a run of which nothing was measured offers no charts', async ({ open }) => {
  const { page } = await open(fixtureLog().handlers, { at });
  await page.getByRole('tab', { name: 'Definition' }).waitFor();
  expect(await page.getByRole('tab', { name: 'Usage' }).count()).toBe(0);
});

test('each measured task has two charts; pointer and arrow keys tell value and moment, and both charts follow', async ({
  open,
}) => {
  const { page } = await open(measured(), { at });
  await page.getByRole('tab', { name: 'Usage' }).click();
  await poll(() => page.getByRole('slider').count()).toBe(4);
  const processor = page.getByRole('slider', { name: 'Processor of orders' });
  expect(await processor.getAttribute('aria-valuetext')).toMatch(
    /^Processor: at most [\d.]+ cores, .* on average, limit 1.5 cores$/,
  );
  const box = (await processor.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
  await page.locator('.tip').first().waitFor();
  expect(await page.locator('.tip').allInnerTexts()).toEqual([
    expect.stringMatching(/^[\d.]+ cores 21:40:\d\d$/),
    expect.stringMatching(/^\d+ MB 21:40:\d\d$/),
  ]);
  await screenshot(page, 'run-usage-tip');
  await page.mouse.move(5, 5);
  await poll(() => page.locator('.tip').count()).toBe(0);
  await processor.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  expect(await processor.getAttribute('aria-valuetext')).toMatch(/^[\d.]+ cores at 21:40:06$/);
  await page.keyboard.press('Escape');
  await poll(() => page.locator('.tip').count()).toBe(0);
});

test('charts grow while the task runs, and what is looked at stays', async ({ open }) => {
  const log = fixtureLog();
  let known = 10;
  const shortened = () =>
    fixtureUsage(log.run.tasks).map((one) => ({
      ...one,
      at: one.at.slice(0, known),
      cpu: one.cpu.slice(0, known),
      memory: one.memory.slice(0, known),
    }));
  const { page, host } = await open({ ...log.handlers, 'runs.stats': shortened }, { at });
  await page.getByRole('tab', { name: 'Usage' }).click();
  const memory = page.getByRole('slider', { name: 'Memory of customers' });
  await poll(() => memory.getAttribute('aria-valuemax')).toBe('9');
  await memory.focus();
  await page.keyboard.press('Home');
  const told = await memory.getAttribute('aria-valuetext');
  known = 20;
  host.emit('stats.grew', LOG_RUN, { run: LOG_RUN });
  await poll(() => memory.getAttribute('aria-valuemax')).toBe('19');
  expect(await memory.getAttribute('aria-valuetext')).toBe(told);
});

test('from the failed step is offered where something before it need not be done again', async ({ open }) => {
  const log = fixtureLog();
  const states = { orders: 'succeeded', customers: 'succeeded', load: 'failed', report: 'skipped' } as const;
  const tasks = log.run.tasks
    .filter(({ attempt, name }) => name in states && (name !== 'orders' || attempt === 2))
    .map((task) => ({ ...task, state: states[task.name as keyof typeof states], endedAt: NOW }));
  log.run = { ...log.run, state: 'failed', endedAt: NOW, reason: 'exit 1 in load', exitCode: 1, tasks };
  const { page, host } = await open(log.handlers, { at });
  await page.getByRole('button', { name: 'Run again with…' }).click();
  await page.getByRole('menuitem', { name: 'From the failed step load' }).waitFor();
  await screenshot(page, 'run-again-menu');
  const again = host.called('runs.again');
  await page.getByRole('menuitem', { name: 'From the failed step' }).click();
  expect(await again).toEqual({ run: LOG_RUN, definition: 'same', from: 'failed-step' });
  await page.getByText(/is at the top of the queue/).waitFor();
});

test('charts are accessible in both themes and whole at every size', async ({ open }) => {
  const { page } = await open(measured(), { at });
  await page.getByRole('tab', { name: 'Usage' }).click();
  await page.getByRole('slider').first().waitFor();
  await look(page, 'run-usage');
});
