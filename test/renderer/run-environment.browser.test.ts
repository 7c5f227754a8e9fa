// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { fixtureEnvironment, fixtureUnread } from '../support/fixture-environment.ts';
import { fixtureLog, LOG_RUN } from '../support/fixture-log.ts';
import { look } from '../support/look.ts';
import { screenshot } from '../support/window-page.ts';
import { poll, test } from '../support/window-test.ts';

const at = `#/run/${LOG_RUN}`;

test('each variable says its value or why there is none, where it is from and what changed; a value is copied', async ({
  open,
}) => {
  const { page } = await open(fixtureLog().handlers, { at });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('tab', { name: 'Environment' }).click();
  const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('group', { name }) });
  await row('PGPASSWORD').getByText('secret, masked in the log').waitFor();
  await row('PGDATABASE').getByText('changed since #1840').waitFor();
  await row('PGDATABASE').getByText('Wins over nightjar.yml: postgres').waitFor();
  expect(await row('PGPASSWORD').getByRole('button').count()).toBe(0);

  // One tab stop: arrows move in it, the right one goes on to the copy.
  await page.getByRole('group', { name: 'EMPTY' }).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('group', { name: 'EMPTY' }).focus();
  await row('day').hover();
  await row('day').getByRole('button', { name: 'Copy the value of day' }).click();
  await poll(() => page.evaluate('navigator.clipboard.readText()')).toBe('yesterday');

  await page.getByRole('textbox', { name: 'Filter variables' }).fill('.env');
  await poll(() => page.getByRole('list', { name: 'Variables' }).getByRole('listitem').count()).toBe(1);
  await page.getByRole('textbox', { name: 'Filter variables' }).fill('nothing of that name');
  await page.getByText('No variable has that').waitFor();
  await page.keyboard.press('Escape');
  await row('PGHOST').waitFor();
  await look(page, 'run-environment');
});

test('of a run that waits it is said what is read when it starts, and it is read when it has started', async ({
  open,
}) => {
  let environment = fixtureUnread();
  const { page, host } = await open({ ...fixtureLog().handlers, 'runs.environment': () => environment }, { at });
  await page.getByRole('tab', { name: 'Environment' }).click();
  await page.getByText('Read when it starts: .env, your shell, the secrets.').waitFor();
  await screenshot(page, 'run-environment-waits');
  environment = fixtureEnvironment();
  host.emit('run.changed', LOG_RUN, { run: LOG_RUN });
  await page.getByText('from .env, not stored').waitFor();
});
