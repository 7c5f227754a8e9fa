// `poll` of window-test.ts and a locator's `waitFor` expect, which the rule does not know.
/* eslint-disable vitest/expect-expect */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { writePast } from '../support/real-past.ts';
import { go, jobRow, look, RealWindow, runNext } from '../support/real-window.ts';
import { poll } from '../support/window-test.ts';

const HOUR = 3_600_000;
const lines = (page: Page) => page.locator('#log-lines .ln .msg');
const logText = async (page: Page): Promise<string[]> => lines(page).allInnerTexts();

test('a new user, with an empty home, writes the first job from a template, runs it and reads what it says', async () => {
  const window = await RealWindow.start({});
  const page = await window.open();
  await page.getByText('No jobs yet.').waitFor();
  expect(await page.locator('.start-frame').count()).toBe(0);
  await look(page, 'first-run');
  // The first template has the focus: this is all that there is to know.
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'File, below the jobs home' }).waitFor();
  await look(page, 'new-job');
  await page.keyboard.press('Enter');
  await page.locator('.cm-content').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.locator('[data-job="hello"]').waitFor();
  expect(await readFile(join(window.served.folder, 'jobs', 'hello.yml'), 'utf8')).toContain('echo "Hello, $WHO"');
  await poll(() => page.locator('[data-job="hello"] svg[aria-label="last run: succeeded"]').count()).toBe(1);
  await page.locator('[data-job="hello"]').click();
  await poll(() => logText(page)).toContain('Hello, nightjar');
  await look(page, 'first-log');
});

test('Run next runs a job, and its log is read while it is written', async () => {
  const window = await RealWindow.start({
    'count.yml': `steps: [{ name: count, command: 'for i in 1 2 3; do echo line $i; sleep 0.5; done; printf waiting; sleep 30' }]\n`,
  });
  const page = await window.open();
  await runNext(page, 'count');
  await page.getByRole('article', { name: 'count #1' }).getByRole('button', { name: 'Log' }).click();
  await poll(async () => (await logText(page)).filter((text) => text.startsWith('line'))).toEqual([
    'line 1',
    'line 2',
    'line 3',
  ]);
  // Without its end yet, and shown all the same.
  await poll(async () => (await logText(page)).at(-1)).toBe('waiting');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.locator('main').getByText('cancelled', { exact: true }).first().waitFor();
  await poll(async () => (await logText(page)).at(-1)).toMatch(/cancelled|stopped/);
  await look(page, 'cancelled');
});

const FAILING = [
  'steps:',
  '  - name: load',
  `    command: 'for i in $(seq 1 400); do echo "row $i"; done; sleep 0.3; echo "error: row 401 has no key" >&2; sleep 0.3; for i in $(seq 1 90); do echo "cleaning $i"; done; exit 3'`,
  '',
].join('\n');

test('a failure opens at its failing line, from the sidebar, from History and from an address', async () => {
  const window = await RealWindow.start({ 'warehouse/load.yml': FAILING });
  const page = await window.open();
  await runNext(page, 'warehouse/load');
  await jobRow(page, 'warehouse/load').getByRole('img', { name: 'failed', exact: true }).waitFor();
  const failing = page.locator('.ln.err');
  const isInView = async () => {
    const [box, view] = [await failing.boundingBox(), await page.locator('#log-lines').boundingBox()];
    return box !== null && view !== null && box.y >= view.y && box.y + box.height <= view.y + view.height;
  };
  const fromHistory = async () => {
    await go(page, '#/history');
    await page.locator('[data-run]').first().click();
    await page.waitForURL(/line=401$/);
  };
  for (const open of [
    () => page.locator('[data-job="warehouse/load"]').click(),
    fromHistory,
    () => page.goto(`${new URL(page.url()).origin}/#/run/warehouse%2Fload%231?line=401`),
  ]) {
    await open();
    await failing.waitFor();
    expect(await failing.locator('.msg').innerText()).toBe('error: row 401 has no key');
    // The line may be drawn before the list has gone to it.
    await poll(isInView).toBe(true);
    expect(await failing.locator('.no').innerText()).toBe('401');
    expect(await page.locator('.ln.target .no').innerText()).toBe('401');
    await go(page, '#/queue');
    await failing.waitFor({ state: 'detached' });
  }
  await page.locator('[data-job="warehouse/load"]').click();
  await failing.waitFor();
  await look(page, 'failed');
});

test('last night’s failure is found in History', async () => {
  const now = Date.now();
  const night = now - 14 * HOUR;
  const ok = { job: 'backups/nightly', ms: 41_000, logs: { dump: ['dumping', 'done'] } };
  const window = await RealWindow.start(
    {
      'backups/nightly.yml': `scheduler: '0 2 * * *'\nsteps: [{ name: dump, command: 'echo dumped' }]\n`,
      'reports/rollup.yml': `scheduler: '*/10 * * * *'\nsteps: [{ name: roll, command: 'echo rolled' }]\n`,
    },
    {
      before: (folders) =>
        writePast(
          folders,
          [
            ...[6, 5, 4, 3, 2, 1].map((day) => ({ ...ok, at: night - day * 24 * HOUR })),
            {
              ...ok,
              at: night,
              state: 'failed' as const,
              exitCode: 1,
              reason: 'exit 1 in task dump',
              failedTask: 'dump',
              logs: { dump: ['connecting to db-1', 'dumping orders', '!error: connection reset by peer'] },
            },
            ...Array.from({ length: 80 }, (_, i) => ({
              job: 'reports/rollup',
              at: now - (i + 1) * 600_000,
              ms: 2_000 + (i % 5) * 300,
            })),
          ],
          [
            {
              job: 'backups/nightly',
              reason: 'the machine was asleep',
              firstAt: night - 9 * HOUR,
              lastAt: night - 8 * HOUR,
              count: 2,
            },
          ],
        ),
    },
  );
  const page = await window.open();
  await page.getByRole('link', { name: 'History' }).click();
  await page.locator('[data-run]').nth(5).waitFor();
  await look(page, 'history');
  await page.keyboard.press('f');
  await poll(() => page.locator('[data-run]').count()).toBe(1);
  expect(await page.locator('[data-run]').innerText()).toContain('exit 1');
  await page.getByText(/1 of 8[78] runs/).waitFor();
  await look(page, 'history-failed');
  await page.locator('[data-run]').click();
  await poll(() => page.locator('.ln.err .msg').innerText()).toBe('error: connection reset by peer');
});

test('a job file is broken and mended in the editor; meanwhile the last valid version keeps running', async () => {
  const window = await RealWindow.start({
    'report.yml': `description: Says hello\nsteps:\n  - name: say\n    command: echo valid\n    retry: { limit: 1 }\n`,
  });
  const page = await window.open();
  const text = async () => (await page.locator('.cm-line').allTextContents()).join('\n');
  await page.locator('[data-job="report"]').click();
  await page.locator('.cm-content').waitFor();
  await page.locator('.cm-line').nth(4).click();
  await page.keyboard.press('Home');
  for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
  await page.keyboard.type('s');
  await page.locator('.cm-problem-line').getByText('did you mean').waitFor();
  await look(page, 'editor-problem');
  await page.keyboard.press('Control+s');
  await page.getByText(/Saved with 1 problem\..*the last valid version keeps running/).waitFor();
  await jobRow(page, 'report')
    .getByText(/Line 5/)
    .waitFor();
  await page.getByRole('button', { name: 'Run next' }).last().click();
  await poll(async () =>
    (await window.served.call((client) => client.call('runs.list', {}))).runs.map(({ state }) => state),
  ).toEqual(['succeeded']);
  await page.locator('.cm-problem').click();
  await page.keyboard.press('Control+.');
  await poll(text).toContain('    retry: { limit: 1 }');
  await page.keyboard.press('Control+s');
  await jobRow(page, 'report')
    .getByText(/Line 5/)
    .waitFor({ state: 'detached' });
  expect(await readFile(join(window.served.folder, 'jobs', 'report.yml'), 'utf8')).toContain('    retry: { limit: 1 }');
});

test('a file that changes on the disk under a draft is compared, and nothing is lost', async () => {
  const before = `description: first\nsteps: [{ name: one, command: 'true' }]\n`;
  const window = await RealWindow.start({ 'both.yml': before });
  const page = await window.open();
  await page.locator('[data-job="both"]').click();
  await page.locator('.cm-line').first().click();
  await page.keyboard.press('End');
  await page.keyboard.type(' and mine');
  await window.write('both.yml', `${before}timezone: Europe/Berlin\n`);
  await page.getByText('Changed on disk').waitFor();
  await look(page, 'editor-disk');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('button', { name: 'Take this part from the disk' }).last().waitFor();
  await look(page, 'editor-compare');
  await page.getByRole('button', { name: 'Take this part from the disk' }).last().click();
  await page.getByRole('button', { name: 'Use the right side' }).click();
  await page.keyboard.press('Control+s');
  await poll(() => readFile(join(window.served.folder, 'jobs', 'both.yml'), 'utf8')).toBe(
    `description: first and mine\nsteps: [{ name: one, command: 'true' }]\ntimezone: Europe/Berlin\n`,
  );
});

test('a job file that appears, changes and goes is followed in the sidebar', async () => {
  const window = await RealWindow.start({ 'a.yml': `steps: [{ name: one, command: 'true' }]\n` });
  const page = await window.open();
  await page.locator('[data-job="a"]').waitFor();
  await window.write('folder/b.yml', `scheduler: '*/5 * * * *'\nsteps: [{ name: one, command: 'true' }]\n`);
  await page.locator('[data-job="folder/b"]').waitFor();
  await jobRow(page, 'folder/b').getByText('every 5 min').waitFor();
  await rm(join(window.served.folder, 'jobs', 'a.yml'));
  await page.locator('[data-job="a"]').waitFor({ state: 'detached' });
});
