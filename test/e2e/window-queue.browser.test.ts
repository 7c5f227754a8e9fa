// `poll` of window-test.ts and a locator's `waitFor` expect, which the rule does not know.
/* eslint-disable vitest/expect-expect */
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { go, jobRow, look, RealWindow, runNext } from '../support/real-window.ts';
import { poll } from '../support/window-test.ts';

const ENGINE = (process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock').replace('unix://', '');
const job = (command: string, more = ''): string => `${more}steps: [{ name: one, command: '${command}' }]\n`;
const box = (command: string): string =>
  `steps: [{ name: box, image: local/busybox, pull: never, network: none, command: '${command}' }]\n`;
const waiting = (page: Page) => page.locator('ol > li [data-row]');
const names = async (page: Page): Promise<string[]> =>
  (await waiting(page).allInnerTexts()).map((text) => text.split(/\s/)[0] ?? '');

test('with one slot the queue is seen, reordered by keys and by the pointer, and obeyed', async () => {
  const window = await RealWindow.start({
    'nightjar.yml': 'max_parallel_runs: 1\n',
    'long.yml': job('sleep 60'),
    'a.yml': job('echo a'),
    'b.yml': job('echo b'),
    'c.yml': job('echo c'),
  });
  const page = await window.open();
  await runNext(page, 'long');
  await page.getByRole('article', { name: 'long #1' }).waitFor();
  for (const id of ['c', 'b', 'a']) {
    await runNext(page, id);
    await waiting(page).filter({ hasText: id }).waitFor();
  }
  await page.mouse.move(700, 780);
  await poll(() => names(page)).toEqual(['a', 'b', 'c']);
  await look(page, 'queue-one-slot');
  await waiting(page).filter({ hasText: 'c' }).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await poll(() => names(page)).toEqual(['a', 'c', 'b']);
  const from = (await waiting(page).nth(2).boundingBox())!;
  const to = (await waiting(page).nth(0).boundingBox())!;
  await page.mouse.move(from.x + 20, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + 20, from.y - 10, { steps: 4 });
  await page.mouse.move(to.x + 20, to.y - 4, { steps: 6 });
  await page.mouse.up();
  await poll(() => names(page)).toEqual(['b', 'a', 'c']);
  await page.locator('ol > li').nth(1).hover();
  await page.locator('ol > li').nth(1).getByRole('button', { name: 'Cancel run' }).click();
  await page.getByRole('article', { name: 'long #1' }).getByRole('button', { name: 'Cancel run' }).click();
  await poll(async () => {
    const { runs } = await window.served.call((client) => client.call('runs.list', {}));
    return runs
      .filter(({ state }) => state === 'succeeded')
      .toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0))
      .map((run) => run.job);
  }).toEqual(['b', 'c']);
});

test('paused, nothing scheduled begins and Run next still runs; resumed, it goes on', async () => {
  const window = await RealWindow.start({
    'tick.yml': job('echo tick', "scheduler: '* * * * * *'\n"),
    'hand.yml': job('echo hand'),
  });
  const page = await window.open();
  await page.getByRole('button', { name: 'Pause for…' }).click();
  await page.getByRole('menuitem', { name: 'For 1 hour' }).click();
  await page.getByText(/Paused until (\w+ )?\d\d:\d\d/).waitFor();
  await poll(async () => (await window.served.call((client) => client.call('status', {}))).running).toBe(0);
  await runNext(page, 'hand');
  await jobRow(page, 'hand').getByRole('img', { name: 'last run: succeeded' }).waitFor();
  await look(page, 'paused');
  const count = async () =>
    (await window.served.call((client) => client.call('runs.count', { job: 'tick', states: ['succeeded'] }))).count;
  const before = await count();
  await page.getByRole('button', { name: 'Resume' }).click();
  await poll(count).toBeGreaterThan(before);
  await page.locator('[data-job="tick"]').focus();
  await page.keyboard.press(' ');
  await jobRow(page, 'tick').getByRole('img', { name: 'paused', exact: true }).waitFor();
});

test('a job with parameters asks for them when it is run from the palette, too', async () => {
  const window = await RealWindow.start({
    'deploy.yml': [
      'params:',
      '  day: { type: string, default: yesterday, description: Which day }',
      '  threads: { type: number, default: 4 }',
      '  target: { type: choice, choices: [staging, production], default: staging }',
      '  full: { type: boolean, default: false }',
      'steps:',
      '  - name: say',
      '    command: echo "$day $threads $target $full"',
      '',
    ].join('\n'),
  });
  const page = await window.open();
  await page.locator('[data-job="deploy"]').waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('run depl');
  await page.locator('[role=option]').first().waitFor();
  await look(page, 'palette');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Run deploy next' });
  await dialog.getByLabel('day').fill('today');
  await dialog.getByLabel('target').selectOption('production');
  await dialog.getByLabel('full').check();
  await look(page, 'run-dialog');
  await page.keyboard.press('Enter');
  await jobRow(page, 'deploy').getByRole('img', { name: 'succeeded', exact: true }).waitFor();
  await page.locator('[data-job="deploy"]').click();
  await page.getByText('today', { exact: false }).first().waitFor();
  const { params } = await window.served.call((client) => client.call('runs.get', { run: 'deploy#1' }));
  expect(params).toEqual({ day: 'today', threads: '4', target: 'production', full: 'true' });
});

test('settings take effect at once, and stay', async () => {
  const window = await RealWindow.start({ 'a.yml': job('sleep 60'), 'b.yml': job('sleep 60') });
  const page = await window.open();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await poll(() => page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  await page.getByRole('spinbutton', { name: 'Runs at the same time' }).fill('1');
  await page.keyboard.press('Tab');
  await poll(async () => (await window.served.call((client) => client.call('status', {}))).maxParallelRuns).toBe(1);
  await page.getByRole('radio', { name: 'System' }).check({ force: true });
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByRole('region', { name: 'Health' }).locator('li').nth(2).waitFor();
  await look(page, 'settings');
  await go(page, '#/queue');
  await runNext(page, 'a');
  await page.getByText('1 of 1 slots').or(page.getByText('1 of 1 slot')).first().waitFor();
  await runNext(page, 'b');
  await poll(() => names(page)).toEqual(['b']);
  await page.reload();
  await poll(() => names(page)).toEqual(['b']);
});

test('two tabs show the same, and what is done in one is seen in the other', async () => {
  const window = await RealWindow.start({ 'a.yml': job('sleep 60') });
  const [one, other] = [await window.open(), await window.open()];
  await other.locator('[data-job="a"]').waitFor();
  await runNext(one, 'a');
  await other.getByRole('article', { name: 'a #1' }).getByRole('button', { name: 'Cancel run' }).click();
  await jobRow(one, 'a').getByRole('img', { name: 'cancelled', exact: true }).waitFor();
});

test('an engine that is away is said with what to do, runs wait for it, and go on when it is back', async () => {
  let path = '';
  const window = await RealWindow.start(
    { 'box.yml': box('echo from the container; sleep 1'), 'plain.yml': job('echo plain') },
    { environment: ({ data }) => ({ DOCKER_HOST: `unix://${(path = join(data, '..', 'engine.sock'))}` }) },
  );
  const page = await window.open();
  await runNext(page, 'box');
  await page.getByText('Docker does not answer.').first().waitFor();
  await page.getByText('1 run waits for it').waitFor();
  await runNext(page, 'plain');
  await jobRow(page, 'plain').getByRole('img', { name: 'succeeded', exact: true }).waitFor();
  await page.mouse.move(700, 780);
  await look(page, 'engine-down');
  // The engine that comes up: its socket, passed on.
  const socket = createServer((client) => {
    const engine = connect(ENGINE);
    client.pipe(engine).pipe(client);
    for (const end of [client, engine]) end.on('error', () => (client.destroy(), engine.destroy()));
  });
  await new Promise<void>((resolve) => socket.listen(path, resolve));
  onTestFinished(() => void socket.close());
  // It may be back by itself before the click.
  const back = page.getByText('Docker is back.').waitFor();
  await Promise.race([
    page
      .getByRole('button', { name: 'Try now' })
      .click()
      .catch(() => back),
    back,
  ]);
  await back;
  await jobRow(page, 'box').getByRole('img', { name: 'succeeded', exact: true }).waitFor();
  await page.locator('[data-job="box"]').click();
  await poll(() => page.locator('#log-lines .ln .msg').allInnerTexts()).toContain('from the container');
  await page.getByText(/Docker \d/).waitFor();
});

test('a container’s run shows its steps, image and outcome', async () => {
  const step = (name: string, more: string) =>
    `{ name: ${name}, image: busybox:1.37, pull: never, network: none, command: '${more}' }`;
  const window = await RealWindow.start({
    'etl/load.yml': [
      'variables: { TARGET: warehouse }',
      'steps:',
      '  - name: extract',
      '    tasks:',
      `      - ${step('orders', 'for i in 1 2 3; do echo "orders $i"; sleep 0.3; done')}`,
      `      - ${step('customers', 'for i in 1 2; do echo "customers $i"; sleep 0.3; done')}`,
      `  - ${step('load', 'echo "loading into $TARGET"; echo "warning: 2 rows skipped" >&2; sleep 1')}`,
      `  - ${step('report', 'echo "error: no such table: daily" >&2; exit 4')}`,
      '',
    ].join('\n'),
  });
  const page = await window.open();
  await runNext(page, 'etl/load');
  await page.getByRole('article', { name: 'load #1' }).getByRole('button', { name: 'Log' }).click();
  await page.locator('main').getByText('failed', { exact: true }).first().waitFor();
  await poll(() => page.locator('.ln.err .msg').innerText()).toBe('error: no such table: daily');
  await look(page, 'container-run');
  await page.getByRole('tab', { name: 'Definition' }).click();
  await look(page, 'container-definition');
});

test('a window goes on when its Nightjar is started anew and its new address is opened', async () => {
  const window = await RealWindow.start({ 'a.yml': job('echo a') });
  const page = await window.open();
  await page.locator('[data-job="a"]').waitFor();
  // The rest of the window, which it loads when it is idle; from a host that is gone the browser would report it as refused.
  await page.waitForLoadState('networkidle');
  await window.stop();
  await page.getByText('Nightjar does not answer.').waitFor();
  await look(page, 'lost');
  await window.write('b.yml', job('echo b'));
  await window.serve();
  // Only the fragment differs, which loads nothing anew by itself.
  await page.goto(window.address);
  await page.locator('[data-job="b"]').waitFor();
  await page.getByText('Nightjar does not answer.').waitFor({ state: 'detached' });
  expect(page.url()).not.toContain('token');
});

test('with a wrong token nothing is shown but what to do', async () => {
  const window = await RealWindow.start({ 'secret-name.yml': job('echo a') });
  const right = window.address;
  window.address = right.replace(/token=.*/, 'token=wrongwrongwrongwrongwrong');
  const page = await window.open({ mayFail: /401/ });
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await page.getByRole('heading', { name: 'Nightjar does not let this window in.' }).waitFor();
  expect(await page.content()).not.toContain('secret-name');
  await look(page, 'wrong-token');
  await page.goto(right);
  await page.locator('[data-job="secret-name"]').waitFor();
});
