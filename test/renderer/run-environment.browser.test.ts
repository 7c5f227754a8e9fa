// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { Failure } from '../../electron/scheduler/failure.ts';
import { fixtureEnvironment, fixtureUnread } from '../support/fixture-environment.ts';
import type { FixtureState } from '../support/fixture-host.ts';
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
  await page.getByRole('textbox', { name: 'Filter variables' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
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

test('a job whose variables are missing names them all, its waiting run says what to do, and one look again is enough', async ({
  open,
}) => {
  const missing = ['PGHOST', 'PGUSER', 'CLOUDFLARE_API_TOKEN'];
  const set = (state: FixtureState, names: string[]): void => {
    const job = state.jobs.find(({ id }) => id.startsWith('infra/renew'))!;
    job.missingEnvironment = names;
    const run = state.waiting.find((one) => one.job === job.id)!;
    run.reason = `Not set: ${names.join(', ')}.`;
    state.waiting = [run];
  };
  let state!: FixtureState;
  const { page, host } = await open(
    {
      lookAgain: () => {
        set(state, ['PGUSER']);
        host.emit('jobs.changed', undefined, {});
        host.emit('queue.changed', undefined, {});
        return { missing: ['PGUSER'] };
      },
    },
    { at: '#/queue', change: (made) => set((state = made), missing) },
  );
  const row = page.locator('aside li', { has: page.locator('[data-job^="infra/renew"]') });
  await row.getByText('Not set: PGHOST, PGUSER, CLOUDFLARE_API_TOKEN').waitFor();
  await screenshot(page, 'missing-queue');
  await page
    .locator('main')
    .getByRole('link', { name: /renew-certificates/ })
    .first()
    .click();
  await page.getByText("Set them in your shell's profile, then look again.").waitFor();
  await screenshot(page, 'missing-run');
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByText('Not set: PGUSER. Set them').waitFor();
  await row.getByText('Not set: PGUSER', { exact: true }).waitFor();
});

test('the dialog stays until the scheduler has taken what was typed', async ({ open }) => {
  let refusal: string | null = 'warehouse/dbt-nightly cannot run so: `models` must be a selector.';
  const { page, host } = await open(
    {
      'queue.next': () => {
        if (refusal !== null) throw new Failure('bad-params', refusal);
        return host.state.waiting[0]!;
      },
    },
    { at: '#/queue' },
  );
  const row = page.locator('aside li', { has: page.locator('[data-job="warehouse/dbt-nightly"]') });
  await row.hover();
  await row.getByRole('button', { name: 'Run next' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('threads').fill('');
  await dialog.getByLabel('models').fill('stg_');
  await dialog.getByRole('button', { name: 'Run next' }).click();
  await dialog.getByRole('alert').getByText('models', { exact: true }).waitFor();
  await screenshot(page, 'run-dialog-refused');
  expect(await dialog.getByLabel('models').inputValue()).toBe('stg_');
  refusal = null;
  const next = host.called('queue.next');
  await dialog.getByRole('button', { name: 'Run next' }).click();
  // A number that was left empty is its default, so it is not given.
  expect(await next).toEqual({
    job: 'warehouse/dbt-nightly',
    params: { target: 'staging', models: 'stg_', full_refresh: 'false' },
  });
  await poll(() => dialog.count()).toBe(0);
});
