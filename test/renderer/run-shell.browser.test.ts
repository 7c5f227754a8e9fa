// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import { fixtureEditor } from '../support/fixture-editor.ts';
import { fixtureStatus, NOW } from '../support/fixture-jobs.ts';
import { fixtureLog, LOG_RUN } from '../support/fixture-log.ts';
import { look } from '../support/look.ts';
import { screenshot } from '../support/window-page.ts';
import { poll, test } from '../support/window-test.ts';

const MINUTE = 60_000;

/** A run that failed and whose containers are kept. */
function failedRun(count: number) {
  const { handlers, run } = fixtureLog();
  const tasks = run.tasks.map((task) =>
    task.state === 'running' ? { ...task, state: 'failed' as const, endedAt: NOW - MINUTE, exitCode: 2 } : task,
  );
  const kept = tasks
    .filter(({ state }) => state === 'failed')
    .slice(0, count)
    .map(({ id }, index) => ({ taskRunId: id, untilAt: NOW + (43 + index) * MINUTE }));
  const failed = {
    ...run,
    tasks,
    kept,
    state: 'failed' as const,
    endedAt: NOW - MINUTE,
    reason: 'exit 2 in customers',
  };
  return { kept, handlers: { ...fixtureEditor().handlers, ...handlers, 'runs.get': () => failed } };
}

test('a kept container is looked into with a shell, which ends with a sentence', async ({ open }) => {
  const { kept, handlers } = failedRun(1);
  const { page, host } = await open(handlers, { at: `#/run/${LOG_RUN}` });
  await page.getByText(/^The container of orders, attempt 1 is kept\. It goes in 43 m/).waitFor();
  const opened = host.called('shell.open');
  await page.getByRole('button', { name: 'Open a shell' }).click();
  expect(await opened).toMatchObject({ taskRunId: kept[0]!.taskRunId });
  const rows = page.locator('.xterm-rows');
  await poll(() => rows.innerText()).toContain('root@4f1c:/workspace#');
  await page.keyboard.type('ls\n');
  await poll(() => rows.innerText()).toContain('Dockerfile');
  const title = await page.title();
  await page.keyboard.type('title\n');
  await poll(() => rows.innerText()).toContain('titled');
  expect(await page.title()).toBe(title);
  await look(page, 'run-shell');

  // Another pane keeps the shell; the terminal takes its size anew.
  await page.getByRole('tab', { name: 'Log', exact: true }).click();
  await page.getByRole('tab', { name: 'Shell' }).click();
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('exit\n');
  await page.getByText('The shell has ended.').waitFor();
  await poll(() => rows.innerText()).toContain('titled');
  await page.getByRole('button', { name: 'Open a shell' }).click();
  await poll(() => rows.innerText()).not.toContain('titled');
});

test('several are listed, each with its end; one is removed before', async ({ open }) => {
  const { kept, handlers } = failedRun(3);
  const { page, host } = await open(handlers, { at: `#/run/${LOG_RUN}` });
  await page.getByText(/containers of this run are kept/).waitFor();
  await page.getByRole('button', { name: 'Show them' }).click();
  const list = page.getByRole('list', { name: 'Kept containers' });
  await poll(() => list.getByRole('listitem').count()).toBe(kept.length);
  await screenshot(page, 'run-kept');
  const removed = host.called('kept.remove');
  await list
    .getByRole('button', { name: /^Remove now: the container of orders/ })
    .first()
    .click();
  expect(await removed).toEqual({ taskRunId: kept[0]!.taskRunId });
});

test('an engine that is down can be started from the banner, where this machine knows how', async ({ open }) => {
  const { page, host } = await open(
    {},
    {
      change: ({ status }) => {
        const error =
          'The Docker engine at unix:///var/run/docker.sock (socket) does not answer: nothing listens there; start Docker.';
        Object.assign(status, { engineStarter: 'Docker Desktop' });
        status.engine = { ...fixtureStatus().engine, state: 'unavailable', error };
      },
    },
  );
  const started = host.called('engine.start');
  await page.getByText('Docker does not answer.').first().waitFor();
  await screenshot(page, 'engine-start');
  await page.getByRole('button', { name: 'Start Docker Desktop' }).click();
  expect(await started).toEqual({});
  await page.getByText('Docker is back.').waitFor();
});
