// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { COST_REPORT, EDITED, fixtureEditor, type FixtureEditor } from '../support/fixture-editor.ts';
import type { FixtureHost } from '../support/fixture-host.ts';
import { screenshot, type PageOptions } from '../support/window-page.ts';
import { poll, test, type OpenWindow } from '../support/window-test.ts';

const VALID = COST_REPORT.replace('retrys', 'retry');

/** Opens the job file's page, and waits for the editor. */
async function openFile(
  open: (handlers: FixtureEditor['handlers'], options: PageOptions) => Promise<OpenWindow>,
  disk: FixtureEditor,
  options: PageOptions = {},
): Promise<OpenWindow> {
  const opened = await open(disk.handlers, { at: `#/edit/${EDITED}`, ...options });
  await opened.page.locator('.cm-content').waitFor();
  return opened;
}

const text = async (on: Page): Promise<string> => (await on.locator('.cm-line').allTextContents()).join('\n');
/** Puts the cursor at the end of a line, from 1. */
async function goToLine(on: Page, line: number): Promise<void> {
  await on
    .locator('.cm-line')
    .nth(line - 1)
    .click();
  await on.keyboard.press('End');
}
const write = (disk: FixtureEditor, on: FixtureHost, changed: string): void => {
  disk.files.set(EDITED, changed);
  on.emit('jobs.changed', undefined, {});
};
const button = (on: Page, name: string | RegExp) => on.getByRole('button', { name });

test('a Problem stands in the gutter, under the word, below the line and beside the text; Ctrl . mends it', async ({
  open,
}) => {
  const { page } = await openFile(open, fixtureEditor());
  await page.locator('.cm-problem-line').getByText('did you mean').waitFor();
  expect(await page.locator('.cm-problem').innerText()).toBe('retrys');
  expect(await page.locator('.cm-signs svg').count()).toBe(1);
  const sign = page.locator('.cm-signs .cm-gutterElement:has(svg)');
  const level = async (): Promise<number> => {
    const [one, other] = await Promise.all([sign.boundingBox(), page.locator('.cm-problem').boundingBox()]);
    return Math.abs(one!.y + one!.height / 2 - other!.y - other!.height / 2);
  };
  // The gutter takes the lines' heights over when they have been measured.
  await poll(level).toBeLessThan(6);
  await page.getByRole('complementary').getByText('14:5').click();
  await page.getByText('Ln 14, Col 5').waitFor();
  await page.keyboard.press('Control+.');
  await poll(() => text(page)).toContain('retry: { limit: 2');
  await page.locator('.cm-problem-line').waitFor({ state: 'detached' });
  await poll(() => page.getByRole('complementary').getByText('Problems').count()).toBe(0);
});

test('next due moments and the steps are those of the text as it is typed, and stay while it is not valid', async ({
  open,
}) => {
  const disk = fixtureEditor();
  disk.files.set(EDITED, VALID);
  const { page } = await openFile(open, disk);
  const beside = page.getByRole('complementary');
  await beside.getByText('Fri 20 Nov 06:00').waitFor();
  await page.locator('.cm-line').first().click();
  await page.keyboard.press('Home');
  for (let step = 0; step < 14; step++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.type('7');
  await beside.getByText('Fri 20 Nov 07:00').waitFor();
  await goToLine(page, 13);
  await page.keyboard.type('\nbogus: 1');
  await beside.getByText('bogus').waitFor();
  await beside.getByText('Fri 20 Nov 07:00').waitFor();
  expect(await beside.getByText('collect', { exact: true }).count()).toBe(1);
});

test('completion offers the keys that the place takes, with what they are for, and leaves out those that are there', async ({
  open,
}) => {
  const { page } = await openFile(open, fixtureEditor(), { isClockFixed: false });
  await goToLine(page, 12);
  await page.keyboard.type('\nt');
  const list = page.locator('.cm-tooltip-autocomplete');
  await list.getByText('timeout', { exact: true }).first().waitFor();
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Control+Space');
  await list.waitFor();
  const shownAt = await page.evaluate<number>('Date.now()');
  const options = await list.locator('li .cm-completionLabel').allInnerTexts();
  expect(options).toContain('memory');
  expect(options).not.toContain('image');
  expect(options).not.toContain('pipeline_name');
  await page.keyboard.type('memo');
  await page.locator('.cm-key-help').waitFor();
  // In a list that has just come up CodeMirror takes Enter for a new line, lest it was on its way before: for 75 ms.
  await poll(() => page.evaluate<number>('Date.now()')).toBeGreaterThan(shownAt + 75);
  await page.keyboard.press('Enter');
  await poll(() => text(page)).toContain('\n    memory: ');
  await goToLine(page, 26);
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('End');
  await page.keyboard.type('\noverlap: qu');
  await list.getByText('queue-one').waitFor();
  await screenshot(page, 'editor-completion');
});

test('the pointer on a key shows what it is for', async ({ open }) => {
  const { page } = await openFile(open, fixtureEditor(), { isClockFixed: false });
  // The sentence of the Problem moves the lines below it, and what is under a pointer that rests.
  await page.locator('.cm-problem-line').waitFor();
  await page.locator('.cm-line').nth(25).getByText('on_missed').hover();
  await page
    .locator('.cm-tooltip-hover')
    .getByText(/missed while the machine slept/)
    .waitFor();
  expect(await page.locator('.cm-key-help code').first().innerText()).toBe('on_missed');
});

test('saving is possible with Problems, and says so; the draft is then none', async ({ open }) => {
  const disk = fixtureEditor();
  const { page, host } = await openFile(open, disk);
  await goToLine(page, 3);
  await page.keyboard.type(' and month');
  await page.getByText('edited').waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText(/Saved with 1 problem/).waitFor();
  expect(disk.files.get(EDITED)).toContain('by team and month');
  expect(host.calls.map(({ method }) => method)).toEqual(['files.save']);
  await poll(() => page.getByText('edited', { exact: true }).count()).toBe(0);
  expect(await page.evaluate('Object.keys(localStorage).filter((key) => key.startsWith("nightjar.draft."))')).toEqual(
    [],
  );
});

test('a draft survives a reload, and is given up when one says so', async ({ open }) => {
  const { page } = await openFile(open, fixtureEditor());
  await goToLine(page, 3);
  await page.keyboard.type(' and month');
  await page.getByText(/Draft kept/).waitFor();
  await page.reload();
  await page.locator('.cm-content').waitFor();
  await poll(() => text(page)).toContain('by team and month');
  await button(page, 'Discard draft').click();
  await poll(() => text(page)).not.toContain('and month');
  await poll(() =>
    page.evaluate('Object.keys(localStorage).filter((key) => key.startsWith("nightjar.draft.")).length'),
  ).toBe(0);
  expect(await page.getByText('edited', { exact: true }).count()).toBe(0);
});

test('undo and the cursor survive a look at another view', async ({ open }) => {
  const { page } = await openFile(open, fixtureEditor());
  await goToLine(page, 3);
  await page.keyboard.type(' and month');
  await page.evaluate("location.hash = '#/queue'");
  await page.locator('.cm-content').waitFor({ state: 'detached' });
  await page.goBack();
  await page.locator('.cm-content').waitFor();
  await poll(() => text(page)).toContain('and month');
  await page.getByText('Ln 3, Col').waitFor();
  expect(await page.getByText('edited', { exact: true }).count()).toBe(1);
  await page.keyboard.press('Control+z');
  await poll(() => text(page)).not.toContain('month');
});

test('a file that changes on disk unedited is simply shown anew', async ({ open }) => {
  const disk = fixtureEditor();
  const { page, host } = await openFile(open, disk);
  write(disk, host, COST_REPORT.replace('days: 30', 'days: 60'));
  await poll(() => text(page)).toContain('days: 60');
  expect(await page.getByText('Changed on disk').count()).toBe(0);
});

test('a file that changes under a draft is not overwritten: take the disk’s, or keep mine, and both can be undone', async ({
  open,
}) => {
  const disk = fixtureEditor();
  const { page, host } = await openFile(open, disk);
  await goToLine(page, 3);
  await page.keyboard.type(' and month');
  write(disk, host, COST_REPORT.replace('days: 30', 'days: 60'));
  await page.getByText('Changed on disk').waitFor();
  expect(await text(page)).toContain('and month');
  await page.keyboard.press('Control+s');
  await poll(() => host.calls.length).toBe(1);
  expect(disk.files.get(EDITED)).toContain('days: 60');
  await button(page, 'Take the disk’s').click();
  await poll(() => text(page)).toContain('days: 60');
  expect(await text(page)).not.toContain('and month');
  await page.keyboard.press('Control+z');
  await poll(() => text(page)).toContain('and month');
  write(disk, host, COST_REPORT.replace('days: 30', 'days: 90'));
  await button(page, 'Keep mine').click();
  await page.getByText('Changed on disk').waitFor({ state: 'detached' });
  await button(page, 'Undo').click();
  await button(page, 'Keep mine').click();
  await page.locator('.cm-content').focus();
  await page.keyboard.press('Control+s');
  await poll(() => disk.files.get(EDITED)).toContain('and month');
});

test('compared with the disk, each difference is taken over by itself', async ({ open }) => {
  const disk = fixtureEditor();
  const { page, host } = await openFile(open, disk);
  await goToLine(page, 3);
  await page.keyboard.type(' and month');
  write(disk, host, COST_REPORT.replace('days: 30', 'days: 60').replace('--week last', '--week this'));
  await button(page, 'Compare').click();
  const take = button(page, 'Take this part from the disk');
  await take.nth(2).waitFor();
  await screenshot(page, 'editor-compare');
  await take.nth(2).click();
  await take.nth(2).waitFor({ state: 'detached' });
  await button(page, 'Use the right side').click();
  await poll(() => text(page)).toContain('days: 60');
  expect(await text(page)).toContain('and month');
  expect(await text(page)).toContain('--week last');
  await page.keyboard.press('Control+s');
  await poll(() => disk.files.get(EDITED)).toContain('and month');
  expect(disk.files.get(EDITED)).toContain('days: 60');
});

test('a new job begins from a template, is saved, and runs', async ({ open }) => {
  const disk = fixtureEditor();
  const { page, host } = await open(disk.handlers, { at: '#/edit/' });
  const path = page.getByRole('textbox', { name: 'File, below the jobs home' });
  await path.fill('reports/weekly-cost-report.yaml');
  await page.getByText('reports/weekly-cost-report.yml exists already.').waitFor();
  await path.fill('../escape.yml');
  expect(await button(page, 'Create draft').isDisabled()).toBe(true);
  await path.fill('tools/greet.yml');
  await page.keyboard.press('Enter');
  await page.locator('.cm-content').waitFor();
  expect(await text(page)).toContain('echo "Hello, $WHO"');
  await poll(() => page.url()).toContain('#/edit/tools/greet.yml');
  const run = host.called('queue.next');
  await page.keyboard.press('Control+Enter');
  expect(await run).toMatchObject({ job: 'tools/greet' });
  expect(disk.files.get('tools/greet.yml')).toContain('Hello');
});

test('a job is duplicated under another name, and moved to the trash after a question with its cost', async ({
  open,
}) => {
  const disk = fixtureEditor();
  disk.files.set(EDITED, VALID);
  const { page } = await openFile(open, disk);
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await page.getByRole('heading', { name: `Copy of ${EDITED}` }).waitFor();
  // The menu gives the focus back as it goes; the name has it after that.
  await page.locator('form input:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.cm-content').waitFor();
  await poll(() => page.url()).toContain('weekly-cost-report-copy.yml');
  await page.keyboard.press('Control+s');
  await poll(() => disk.files.get('reports/weekly-cost-report-copy.yml')).toBe(VALID);
  await page.evaluate(`location.hash = '#/edit/${EDITED}'`);
  await page.getByRole('heading', { name: 'weekly-cost-report.yml' }).waitFor();
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Move to trash…' }).click();
  await page.getByText(/Its [\d,]+ runs? stays? in History/).waitFor();
  await screenshot(page, 'editor-trash');
  await button(page, 'Move to trash').click();
  await poll(() => disk.files.has(EDITED)).toBe(false);
});

test('a file that is not there says so', async ({ open }) => {
  const { page } = await open(fixtureEditor().handlers, { at: '#/edit/no/such.yml' });
  await page.getByText('There is no file no/such.yml in the jobs home').waitFor();
  expect(await page.locator('.cm-content').count()).toBe(0);
});

test('a part of the window that an upgrade took away is loaded with the whole window, and a draft is still there', async ({
  open,
}) => {
  const disk = fixtureEditor();
  const { page, problems } = await openFile(open, disk, { isClockFixed: false });
  await goToLine(page, 3);
  await page.keyboard.type(' And more.');
  await page.getByText(/Draft kept/).waitFor();
  await page.evaluate(`location.hash = '#/queue'`);
  await page.reload();
  let isGone = true;
  await page.route(/assets\/edit-/, (route) => (isGone ? route.fulfill({ status: 404 }) : route.continue()));
  const loaded = page.waitForEvent('load');
  await page.evaluate(`location.hash = '#/edit/${EDITED}'`);
  await loaded;
  // Still gone: loading once more would not mend it.
  await page.getByText('A part of this window cannot be loaded.').waitFor();
  isGone = false;
  await page.evaluate('sessionStorage.removeItem("nightjar.renewedAt")');
  await page.reload();
  await poll(() => text(page)).toContain('And more.');
  problems.length = 0;
});
