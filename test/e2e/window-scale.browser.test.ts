// `poll` of window-test.ts and a locator's `waitFor` expect, which the rule does not know.
/* eslint-disable vitest/expect-expect */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { writePast } from '../support/real-past.ts';
import { go, jobRow, look, RealWindow, runNext } from '../support/real-window.ts';
import { poll } from '../support/window-test.ts';

const HOUR = 3_600_000;
const numbers = async (page: Page): Promise<number[]> =>
  (await page.locator('#log-lines .ln .no').allInnerTexts()).map(Number);
/** The first line that is drawn, read in one turn: a list that still moves draws others in the next. */
const firstLine = (page: Page) =>
  page.evaluate<string[]>(`['.no', '.msg'].map((part) => document.querySelector('#log-lines .ln ' + part).innerText)`);
/** The hour so many hours from now, as a schedule has it: what is due while a test looks is one run more than it counts. */
const hourIn = (hours: number) => new Date(Date.now() + hours * HOUR).getUTCHours();

test('two hundred jobs are listed, filtered and scrolled at once', async () => {
  const folders = ['backups', 'infra', 'reports', 'warehouse'];
  const id = (i: number) => `${folders[i % 4]}/job-${String(i).padStart(3, '0')}`;
  const files = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `${id(i)}.yml`,
      `scheduler: '${i % 60} ${hourIn(6 + (i % 12))} * * *'\ntimezone: UTC\nsteps: [{ name: one, command: 'true' }]\n`,
    ]),
  );
  const now = Date.now();
  const past = Array.from({ length: 400 }, (_, i) => ({
    job: id(i % 200),
    at: now - (400 - i) * 600_000,
    ms: 1_000 + (i % 7) * 900,
    ...(i % 31 === 0 ? { state: 'failed' as const, exitCode: 1, reason: 'exit 1 in one', failedTask: 'one' } : {}),
  }));
  const window = await RealWindow.start(files, { before: (folder) => writePast(folder, past) });
  const page = await window.open();
  await page.locator('[data-job]').nth(199).waitFor({ state: 'attached' });
  await page.getByText('200 jobs').waitFor();
  await look(page, 'many-jobs');
  await page.keyboard.press('/');
  const begin = performance.now();
  await page.keyboard.type('job-17');
  await poll(() => page.locator('[data-job]').count()).toBe(10);
  // Seven keys, the list and the answers over the browser's wire; what asks the host of each row takes longer than this.
  expect(performance.now() - begin).toBeLessThan(5_000);
  await page.keyboard.press('Escape');
  await page.locator('[data-job]').first().focus();
  await page.keyboard.press('End');
  await poll(() => page.evaluate('document.activeElement.dataset.job')).toBe('warehouse/job-199');
  await go(page, '#/history');
  await page.getByText('400 runs').waitFor();
});

test('a log of 200,000 lines opens at its end, scrolls to its begin, and is searched as a whole', async () => {
  const window = await RealWindow.start({
    'big.yml': `steps:\n  - name: write\n    command: seq -f 'line %.0f of a long log with some words in it' 1 200000\n`,
  });
  const page = await window.open();
  await runNext(page, 'big');
  await jobRow(page, 'big').getByRole('img', { name: 'succeeded', exact: true }).waitFor({ timeout: 30_000 });
  await page.locator('[data-job="big"]').click();
  await poll(async () => (await numbers(page)).at(-1)).toBe(200_000);
  await page.locator('#log-lines').hover();
  await page.mouse.wheel(0, -50_000);
  await poll(async () => (await numbers(page))[0]).toBeLessThan(198_000);
  await poll(() => page.locator('.ln .ghost').count()).toBe(0);
  const [first, message] = await firstLine(page);
  expect(message).toBe(`line ${Number(first)} of a long log with some words in it`);
  await page.locator('#log-lines').focus();
  await page.keyboard.press('Home');
  await poll(async () => (await numbers(page))[0]).toBe(1);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('line 123456 ');
  await page.getByText(/1 of 1/).waitFor();
  await poll(async () => (await numbers(page)).includes(123_456)).toBe(true);
  await look(page, 'long-log');
});

test('names, lines and variables that are very long are cut, and break no view', async () => {
  const name = `a-job-whose-name-goes-on-and-on-${'and-on-'.repeat(20)}until-the-end`;
  const window = await RealWindow.start({
    [`deep/folder/of/folders/${name}.yml`]: [
      `scheduler: ['*/7 * * * *', '0 3 1 * *', '15 10 * * 1-5']`,
      `description: ${'A description that says more than anybody wants to read. '.repeat(6)}`,
      `variables: { VALUE: '${'x'.repeat(300)}' }`,
      'steps:',
      `  - name: ${'step-'.repeat(19)}one`,
      '    tasks:',
      ...Array.from(
        { length: 12 },
        (_, i) => `      - { name: task-number-${i}-with-a-long-name, command: 'echo ${i}' }`,
      ),
      '  - name: long',
      `    command: 'printf "${'word '.repeat(200)}"; echo "error: ${'no '.repeat(100)}" >&2; exit 1'`,
      '',
    ].join('\n'),
  });
  const page = await window.open();
  const id = `deep/folder/of/folders/${name}`;
  await runNext(page, id);
  await jobRow(page, id).getByRole('img', { name: 'failed', exact: true }).waitFor();
  await look(page, 'long-names');
  await page.locator(`[data-job="${id}"]`).click();
  await page.locator('.ln.err').waitFor();
  await look(page, 'long-names-run');
  await go(page, '#/history');
  await page.locator('[data-run]').first().waitFor();
  await look(page, 'long-names-history');
  await go(page, `#/edit/${id}.yml`);
  await page.locator('.cm-content').waitFor();
  await look(page, 'long-names-editor');
});

test('after a night away the window says what ran, what failed and what was skipped', async () => {
  const now = Date.now();
  const window = await RealWindow.start(
    {
      'backup.yml': `scheduler: '0 ${hourIn(6)} * * *'\ntimezone: UTC\nsteps: [{ name: dump, command: 'echo dumped' }]\n`,
      'mirror.yml': `scheduler: '30 ${hourIn(6)} * * *'\ntimezone: UTC\nsteps: [{ name: mirror, command: 'echo mirrored' }]\n`,
    },
    {
      before: (folders) =>
        writePast(
          folders,
          [
            ...Array.from({ length: 20 }, (_, i) => ({ job: 'mirror', at: now - ((i + 2) * HOUR) / 2, ms: 30_000 })),
            {
              job: 'backup',
              at: now - 6 * HOUR,
              ms: 61_000,
              state: 'failed',
              exitCode: 2,
              reason: 'exit 2 in dump',
              failedTask: 'dump',
              logs: { dump: ['dumping', '!error: disk quota exceeded', 'cleaning up'] },
            },
          ],
          [
            {
              job: 'mirror',
              reason: 'the machine was asleep',
              firstAt: now - 12 * HOUR,
              lastAt: now - 11 * HOUR,
              count: 3,
            },
          ],
        ),
    },
  );
  const page = await window.open();
  await page.locator('[data-job="backup"]').waitFor();
  await page.evaluate('localStorage.setItem("nightjar.seenAt", String(Date.now() - 14 * 3600e3))');
  await page.reload();
  const card = page.getByRole('region', { name: 'While you were away' });
  await card.getByText('20 runs succeeded').waitFor();
  await card.getByText('the machine was asleep').waitFor();
  await look(page, 'away');
  await card.getByRole('button', { name: 'backup' }).click();
  await poll(() => page.locator('.ln.err .msg').innerText()).toBe('error: disk quota exceeded');
  expect(page.url()).toContain('line=2');
  await page.goBack();
  await card.getByRole('button', { name: 'Dismiss' }).click();
  await card.waitFor({ state: 'detached' });
  await page.reload();
  await page.locator('[data-job="backup"]').waitFor();
  expect(await card.count()).toBe(0);
});
