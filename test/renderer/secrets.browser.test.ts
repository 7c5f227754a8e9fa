// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { Failure } from '../../electron/scheduler/failure.ts';
import { look } from '../support/look.ts';
import { poll, test } from '../support/window-test.ts';

const KEY = '-----BEGIN KEY-----\nMIIEvQ\n-----END KEY-----';

test('settings name the missing secret first, and it is set without being shown', async ({ open }) => {
  const { page, host } = await open({}, { at: '#/settings' });
  const section = page.getByRole('region', { name: 'Secrets' });
  const rows = section.getByRole('listitem');
  await poll(() => rows.getByRole('heading').allTextContents()).toEqual([
    'REGISTRY_TOKEN',
    'PGPASSWORD',
    'RESTIC_PASSWORD',
  ]);
  expect(await rows.first().textContent()).toContain('Not set. Runs wait for it: infra/scan-container-images');
  expect(await section.textContent()).toContain('only as safe as your account');

  await rows.first().getByRole('button', { name: 'Set' }).click();
  const field = page.getByRole('dialog').getByRole('textbox', { name: 'REGISTRY_TOKEN' });
  await field.fill(`${KEY}\n`);
  // What is drawn are dots: the text is not.
  const drawn = "getComputedStyle(document.activeElement).getPropertyValue('-webkit-text-security')";
  expect(await page.evaluate(drawn)).toBe('disc');
  await field.press('Enter');
  await poll(() => page.getByRole('dialog').count()).toBe(0);
  expect(host.calls).toEqual([{ method: 'secrets.set', input: { name: 'REGISTRY_TOKEN', value: KEY, where: 'best' } }]);
  await poll(() => section.getByText('Not set.').count()).toBe(0);
  expect(await page.content()).not.toContain('MIIEvQ');
});

test('one that is deleted asks first and says what waits then', async ({ open }) => {
  const { page, host } = await open({}, { at: '#/settings' });
  await page.getByRole('button', { name: 'Delete PGPASSWORD' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete PGPASSWORD?' });
  expect(await dialog.textContent()).toContain('Runs of 2 jobs wait until it is set again.');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await poll(() => host.calls.map(({ method }) => method)).toEqual(['secrets.delete']);
  await poll(() => page.getByRole('region', { name: 'Secrets' }).getByText('Not set.').count()).toBe(2);
});

test('from a run that waits its missing secrets are one click away; where the keyring refuses, the file is offered', async ({
  open,
}) => {
  const { page, host } = await open(
    {
      'secrets.set': ({ where }) => {
        if (where === 'file') return { store: 'file' };
        throw new Failure('keyring', 'A_KEY was not stored, because the keyring refused it (it is locked).');
      },
    },
    {
      at: '#/run/214313',
      change: ({ waiting }) => {
        const run = waiting.find(({ id }) => id === 214_313)!;
        const reason = 'Secrets not set: A_KEY, B_KEY. Set them with `nightjar secret set A_KEY` or in Settings.';
        Object.assign(run, { cause: 'missing-environment', reason, missingSecrets: ['A_KEY', 'B_KEY'] });
      },
    },
  );
  await page.getByRole('button', { name: 'Set 2 secrets' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set secrets' });
  const store = dialog.getByRole('button', { name: 'Store' });
  expect(await store.isDisabled()).toBe(true);
  await dialog.getByRole('textbox', { name: 'A_KEY' }).fill('correct horse');
  await dialog.getByRole('textbox', { name: 'B_KEY' }).fill('battery staple');
  await store.click();
  await dialog.getByRole('alert').waitFor();
  await look(page, 'secret-refused');
  await dialog.getByRole('button', { name: 'Keep it in the file' }).click();
  await poll(() => dialog.count()).toBe(0);
  expect(host.calls.slice(1).map(({ input }) => input)).toEqual([
    { name: 'A_KEY', value: 'correct horse', where: 'file' },
    { name: 'B_KEY', value: 'battery staple', where: 'file' },
  ]);
});
