// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { look } from '../support/look.ts';
import { test } from '../support/window-test.ts';

test('storage shows who takes the disk, cleans up, and removes a history only after saying what goes', async ({
  open,
}) => {
  const { page, host } = await open({}, { at: '#/settings' });
  const storage = page.getByRole('region', { name: 'Storage' });
  await storage.getByText('warehouse/dbt-nightly').waitFor();
  await storage.scrollIntoViewIfNeeded();
  await look(page, 'storage');
  await expect(storage.getByText('Freed in the last 24 hours: 1.2 GB (34 runs').count()).resolves.toBe(1);
  expect(await storage.getByRole('listitem').count()).toBe(8);
  await storage.getByRole('button', { name: 'Show 10 smaller jobs' }).click();
  expect(await storage.getByRole('listitem').count()).toBe(18);

  await storage.getByRole('button', { name: 'Clean up now' }).click();
  await page.getByText('Freed 91 MB (7 runs, logs 90 MB).').waitFor();

  await storage.getByRole('button', { name: 'Remove the history of warehouse/dbt-nightly…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove the history of warehouse/dbt-nightly?' });
  await dialog.getByText('104 ended runs with logs, artifacts and kept containers, 481 MB').waitFor();
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  expect(host.calls.map(({ method }) => method)).toEqual(['storage.cleanUp']);
  await storage.getByRole('button', { name: 'Remove the history of warehouse/dbt-nightly…' }).click();
  await dialog.getByRole('button', { name: 'Remove history' }).click();
  await page.getByText('Removed the history of warehouse/dbt-nightly: 481 MB (104 runs').waitFor();
  await storage.getByText('warehouse/dbt-nightly').waitFor({ state: 'detached' });
});

test('storage before anything has run says what will be there', async ({ open }) => {
  const { page } = await open(
    {},
    {
      at: '#/settings',
      change: (state) => {
        const none = { runs: 0, containers: 0, bytes: 0, logBytes: 0, statsBytes: 0, artifactBytes: 0 };
        state.storage = { ...state.storage, jobs: [], freed: { ...none, sinceAt: 0 } };
      },
    },
  );
  await page.getByText('No run has ended yet.').waitFor();
  await page.getByText('Nothing had to go in the last 24 hours.').waitFor();
});
