import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../electron/host/web-socket-client.ts';
import { buildDesktop, DesktopUnderTest } from '../support/desktop-under-test.ts';
import { screenshot } from '../support/window-page.ts';

beforeAll(buildDesktop, 120_000);

const HELLO = `pipeline_name: hello\nsteps: [{ name: greet, command: 'echo good evening' }]\n`;
const LONG = `pipeline_name: long\nsteps: [{ name: wait, command: 'echo begun; exec sleep 60' }]\n`;

// oxlint-disable-next-line vitest/require-awaited-expect-poll -- who calls it awaits it
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 50 });

async function call(desktop: DesktopUnderTest): Promise<Awaited<ReturnType<typeof openClient>>> {
  await eventually(() => readFile(join(desktop.data, 'endpoint.json'), 'utf8').catch(() => '')).not.toBe('');
  return openClient({ dataFolder: desktop.data });
}

describe('the tray', () => {
  test('Run next runs the job, and its line is in the window', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO });
    const page = await desktop.page();
    await desktop.untilMenu('Run next');
    await desktop.click('Run next', 'hello');
    await page.locator('main').waitFor();
    await page.evaluate(`location.hash = '#/run/hello%231'`);
    await page.getByText('good evening').first().waitFor();
    await screenshot(page, 'desktop');
    expect(await desktop.bugs()).toBe('');
  });

  test('shows what runs, cancels it, and shows a failure until somebody has looked', async () => {
    const desktop = await DesktopUnderTest.start(
      { 'long.yml': LONG, 'bad.yml': `steps: [{ name: one, command: 'echo fine; echo "Error: no table"; exit 3' }]\n` },
      ['--hidden'],
    );
    const icon = () => desktop.ask(({ shown }) => shown.trays[0]?.image.file.replace(/.*[\\/]/, ''));
    await desktop.untilMenu('Nothing runs');
    expect(await desktop.ask(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(0);
    await desktop.click('Run next', 'long');
    await desktop.untilMenu('long, since');
    await eventually(icon).toMatch(/^running-/);
    await desktop.click('long, since', 'Cancel');
    await desktop.untilMenu('Nothing runs');
    await eventually(icon).toMatch(/^idle-/);

    await desktop.click('Run next', 'bad');
    await desktop.untilMenu('Last failures');
    await eventually(icon).toMatch(/^failed-/);
    await desktop.click('Last failures', 'bad #1');
    const page = await desktop.page();
    await page.getByText('Error: no table').first().waitFor();
    expect(new URL(page.url()).hash).toMatch(/^#\/run\/\d+\?line=\d+$/);
    await eventually(icon).toMatch(/^idle-/);
    expect(await desktop.bugs()).toBe('');
  });

  test.skipIf(process.platform !== 'linux')('many commands at once are started by a process of its own', async () => {
    const tasks = Array.from({ length: 8 }, (_, index) => `{ name: t${index}, command: 'echo by $PPID' }`);
    const desktop = await DesktopUnderTest.start(
      { 'many.yml': `steps: [{ name: all, tasks: [${tasks.join(', ')}] }]\n` },
      ['--hidden'],
    );
    const client = await call(desktop);
    await client.call('queue.next', { job: 'many' });
    await eventually(async () => (await client.call('runs.count', { states: ['succeeded'] })).count).toBe(1);
    const started = await desktop.ask(({ shown }) => shown.utilityProcesses.map(({ pid }) => pid));
    expect(started).toHaveLength(1);
    const { numbers } = await client.call('log.search', { run: 'many#1', text: `by ${started[0]}` });
    client.close();
    expect(numbers).toHaveLength(4);
    expect(await desktop.bugs()).toBe('');
  });

  test('pauses and resumes', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO }, ['--hidden']);
    await desktop.untilMenu('Nothing runs');
    await desktop.click('Pause', 'For 1 hour');
    await desktop.untilMenu('Paused until');
    await desktop.click('Resume');
    await desktop.untilMenu('Pause$');
    expect((await desktop.menu()).map(({ label }) => label)).not.toContain('Resume');
  });

  test('Quit waits for what runs and names it; Quit now stops it', async () => {
    const desktop = await DesktopUnderTest.start({ 'long.yml': LONG }, ['--hidden']);
    await desktop.untilMenu('Run next');
    await desktop.click('Run next', 'long');
    await desktop.untilMenu('Quit: 1 run finishes first');
    await desktop.click('Quit');
    await desktop.untilMenu('Finishing long, since');
    await desktop.click('Quit now, stop it');
    expect(await desktop.exited).toBe(0);
    expect(await desktop.bugs()).toBe('');
    await expect(readFile(join(desktop.data, 'endpoint.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('notifications', () => {
  test('tell of the first failure with its line, not of the second, and of the recovery', async () => {
    const desktop = await DesktopUnderTest.start({ 'flaky.yml': flaky(2) }, ['--hidden']);
    const told = () =>
      desktop.ask(({ shown }) => shown.notifications.map(({ options }) => [options.title, options.body]));
    const failed = ['flaky failed', 'Error: cannot reach the warehouse'];
    await desktop.untilMenu('Run next');
    await desktop.click('Run next', 'flaky');
    await eventually(told).toEqual([failed]);
    // Its own button runs the job again.
    await desktop.ask(({ shown }) => void shown.notifications[0]!.emit('action', { actionIndex: 1 }));
    const client = await call(desktop);
    await eventually(async () => (await client.call('runs.count', { states: ['failed'] })).count).toBe(2);
    await desktop.write('flaky.yml', flaky(0));
    await eventually(async () => (await client.call('files.read', { path: 'flaky.yml' })).text).toBe(flaky(0));
    await eventually(async () => {
      await client.call('queue.next', { job: 'flaky' });
      return (await client.call('runs.count', { states: ['succeeded'] })).count;
    }).toBeGreaterThan(0);
    await eventually(told).toEqual([failed, ['flaky recovered', '']]);
    await desktop.ask(({ shown }) => void shown.notifications[0]!.emit('action', { actionIndex: 0 }));
    await (await desktop.page()).getByText('Error: cannot reach the warehouse').first().waitFor();
    client.close();
    expect(await desktop.bugs()).toBe('');
  });
});

describe('the window', () => {
  test('is hidden by closing it, and a second launch brings it back and ends', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO });
    await desktop.page();
    const isVisible = () =>
      desktop.ask(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isVisible()));
    await eventually(isVisible).toEqual([true]);
    await desktop.ask(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
    expect(await isVisible()).toEqual([false]);
    const second = desktop.again();
    expect(await second.exited).toBe(0);
    await eventually(isVisible).toEqual([true]);
  });

  test('opens at its last place', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO });
    await desktop.page();
    await desktop.ask(({ BrowserWindow, app }) => {
      const [window] = BrowserWindow.getAllWindows();
      window!.setBounds({ x: 40, y: 50, width: 1000, height: 600 });
      window!.close();
      app.quit();
    });
    expect(await desktop.exited).toBe(0);
    const next = desktop.again();
    await next.untilMenu('Nothing runs');
    await eventually(() =>
      next.ask(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds()),
    ).toEqual({ x: 40, y: 50, width: 1000, height: 600 });
  });

  test('cannot navigate away, ask another host or open windows; a link goes to the browser', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO });
    const page = await desktop.page();
    await page.locator('main').waitFor();
    const own = page.url();
    expect(await page.evaluate(`fetch('https://example.org/').then(() => 'asked', () => 'refused')`)).toBe('refused');
    expect(await page.evaluate(`fetch('./').then((answer) => answer.headers.get('content-security-policy'))`)).toMatch(
      /^default-src 'none'; script-src 'self'; .* connect-src 'self'; /,
    );
    await page.evaluate(`void (location.href = 'https://example.org/')`).catch(() => {});
    await page.evaluate(`void window.open('https://example.org/docs')`);
    const outside = () => desktop.ask(({ shown }) => shown.outside);
    await eventually(outside).toEqual(['browse https://example.org/docs']);
    expect(page.url()).toBe(own);
    const refused = await desktop.ask(({ session: { defaultSession } }) => ({
      requests: ['https://example.org/', 'ws://127.0.0.1:1/', 'file:///etc/passwd', 'app://nightjar/x.js'].map((url) =>
        defaultSession.refuses(url),
      ),
      permissions: ['notifications', 'media', 'clipboard-read', 'clipboard-sanitized-write'].map((permission) =>
        defaultSession.forbids(permission),
      ),
    }));
    expect(refused).toEqual({ requests: [true, true, true, false], permissions: [true, true, true, false] });
  });

  test('has the palette at a key from anywhere, when the setting names one', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO });
    const page = await desktop.page();
    await page.locator('main').waitFor();
    const client = await call(desktop);
    await client.call('settings.set', { key: 'paletteShortcut', value: 'Alt+Shift+N' });
    await desktop.ask(({ shortcuts }) => shortcuts.get('Alt+Shift+N')!());
    await page.getByRole('dialog').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
    client.close();
  });

  test('a job file goes to the system’s trash, opens in the user’s editor and is shown in its folder', async () => {
    const desktop = await DesktopUnderTest.start({ 'a/hello.yml': HELLO }, ['--hidden']);
    const client = await call(desktop);
    for (const method of ['files.open', 'files.reveal', 'files.trash'] as const) {
      await client.call(method, { path: 'a/hello.yml' });
      await expect(client.call(method, { path: '../data/endpoint.json' })).rejects.toMatchObject({ name: 'ApiError' });
    }
    const file = join(desktop.folder, 'jobs', 'a', 'hello.yml');
    expect(await desktop.ask(({ shown }) => shown.outside)).toEqual([
      `open ${file}`,
      `reveal ${file}`,
      `trash ${file}`,
    ]);
    client.close();
  });
});

describe('the process', () => {
  test('of a newer version takes over: the older leaves the bar at once, finishes its run and ends', async () => {
    const desktop = await DesktopUnderTest.start(
      { 'long.yml': LONG.replace('exec sleep 60', 'until [ -e go ]; do sleep 0.1; done') },
      ['--hidden'],
    );
    await desktop.untilMenu('Run next');
    await desktop.click('Run next', 'long');
    await desktop.untilMenu('long, since');
    const newer = await desktop.ofVersion('99.0.0');
    await eventually(() => desktop.ask(({ shown }) => shown.trays.length)).toBe(0);
    await newer.untilMenu('long, since');
    await desktop.write('go', '');
    expect(await desktop.exited).toBe(0);
    const client = await call(newer);
    expect(await client.call('status', {})).toMatchObject({ version: '99.0.0', host: 'desktop' });
    expect((await client.call('runs.list', {})).runs).toMatchObject([{ job: 'long', state: 'succeeded' }]);
    client.close();
    const older = newer.again();
    expect(await older.exited).toBe(0);
    expect(await desktop.bugs()).toBe('');
  });

  test('answers the command line, which it also is itself', async () => {
    const desktop = await DesktopUnderTest.start({ 'hello.yml': HELLO }, ['--hidden']);
    (await call(desktop)).close();
    const status = desktop.again(['status']);
    expect(await status.exited).toBe(0);
    expect(status.said).toMatch(/^Nightjar +\S+, desktop, pid/);
    const list = desktop.again(['list']);
    expect(await list.exited).toBe(0);
    expect(list.said).toContain('hello');
  });

  test('holds a run back until the machine is plugged in, and the machine awake while it runs', async () => {
    const conditions = 'after: [{ job: hello }]\nwhen: { power: ac, online: true }\nkeep_awake: true\n';
    const desktop = await DesktopUnderTest.start(
      { 'hello.yml': HELLO, 'then.yml': `pipeline_name: then\nsteps: [{ name: go, command: 'true' }]\n${conditions}` },
      ['--hidden'],
    );
    await desktop.untilMenu('Run next');
    const client = await call(desktop);
    await client.call('queue.next', { job: 'hello' });
    const waiting = async () =>
      (await client.call('queue.get', {})).waiting.map(({ job, reason }) => `${job}: ${reason}`);
    await eventually(waiting).toEqual(['then: Waits for power.']);
    const power = () => desktop.ask(({ shown }) => shown.outside.filter((line) => line.startsWith('a')));
    expect(await power()).toEqual([]);
    await desktop.ask(({ power: supply, powerMonitor }) => {
      supply.isOnBattery = false;
      powerMonitor.emit('on-ac');
    });
    await eventually(power).toEqual(['awake prevent-app-suspension', 'asleep 1']);
    const { runs } = await client.call('runs.list', { limit: 1 });
    expect(runs).toMatchObject([{ job: 'then', state: 'succeeded', upstream: { job: 'hello', number: 1 } }]);
    client.close();
    expect(await desktop.bugs()).toBe('');
  });

  test('ends at once when the machine goes down, and its run is interrupted', async () => {
    const desktop = await DesktopUnderTest.start({ 'long.yml': LONG }, ['--hidden']);
    await desktop.untilMenu('Run next');
    await desktop.click('Run next', 'long');
    await desktop.untilMenu('long, since');
    const startedAt = performance.now();
    await desktop.ask(({ powerMonitor }) => void powerMonitor.emit('shutdown', { preventDefault: () => {} }));
    expect(await desktop.exited).toBe(0);
    // Three seconds are the scheduler's promise, and the stand-in's browser is closed after that; its run would take a minute.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const next = desktop.again(['--hidden']);
    const client = await call(next);
    const [run] = (await client.call('runs.list', {})).runs;
    expect(run).toMatchObject({ state: 'interrupted', reason: expect.stringContaining('the machine was shut down') });
    client.close();
  });
});

function flaky(exitCode: number): string {
  const command = exitCode === 0 ? 'echo loaded' : `echo Error: cannot reach the warehouse; exit ${exitCode}`;
  return `pipeline_name: flaky\nsteps: [{ name: one, command: '${command}' }]\n`;
}
