// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { fixtureArtifacts } from '../support/fixture-artifacts.ts';
import { fixtureLog, LOG_RUN } from '../support/fixture-log.ts';
import { look } from '../support/look.ts';
import { screenshot } from '../support/window-page.ts';
import { poll, test } from '../support/window-test.ts';

const at = `#/run/${LOG_RUN}`;

test('what a run left is listed; a file is asked for, an output is copied, and so is the commit', async ({ open }) => {
  const { page, host } = await open(fixtureLog().handlers, { at });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: /^9f3c2a1b Load orders/ }).click();
  await poll(() => page.evaluate('navigator.clipboard.readText()')).toBe('9f3c2a1be07d4c58a6b90d21e4f7735c8b6a0d1e');

  await page.getByRole('tab', { name: 'Artifacts' }).click();
  const files = page.getByRole('list', { name: 'Artifacts' });
  await poll(() => files.getByRole('listitem').count()).toBe(5);
  await page.getByRole('heading', { name: 'Artifacts 5 · 87 MB' }).waitFor();
  await look(page, 'run-artifacts');

  // One tab stop, and Enter asks for the file.
  const asked = host.called('artifacts.download');
  const saved = page.waitForEvent('download');
  await files
    .getByRole('button', { name: /coverage\/index.html/ })
    .first()
    .focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await asked).toEqual({ run: LOG_RUN, path: 'coverage/lcov.info' });

  const download = await saved;
  expect(download.suggestedFilename()).toBe('lcov.info');
  expect(await text(await download.createReadStream())).toContain('Whatever is downloaded is this file.');

  const extract = page.getByRole('list', { name: 'Outputs of extract' });
  await extract.getByRole('group', { name: 'ROWS' }).hover();
  await extract.getByRole('button', { name: 'Copy the value of ROWS' }).click();
  await poll(() => page.evaluate('navigator.clipboard.readText()')).toBe('18243');
});

test('a run that left nothing teaches how to; a file that comes is there', async ({ open }) => {
  let left = { ...fixtureArtifacts(), files: [], bytes: 0, outputs: [] } as ReturnType<typeof fixtureArtifacts>;
  const { page, host } = await open({ ...fixtureLog().handlers, 'artifacts.list': () => left }, { at });
  await page.getByRole('tab', { name: 'Artifacts' }).click();
  await page.getByText('$NIGHTJAR_ARTIFACTS').waitFor();
  await page.getByText('$NIGHTJAR_OUTPUT').waitFor();
  await screenshot(page, 'run-artifacts-none');
  left = fixtureArtifacts();
  host.emit('run.changed', LOG_RUN, { run: LOG_RUN });
  await page
    .getByRole('button', { name: /orders-2026-11-18\.csv/ })
    .first()
    .waitFor();
});
