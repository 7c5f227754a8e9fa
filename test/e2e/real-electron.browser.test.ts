import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron as electron, type ElectronApplication } from 'playwright-core';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildDesktop } from '../support/desktop-under-test.ts';
import { screenshot } from '../support/window-page.ts';

/** The same steps as test/desktop, on the real Electron: what the stand-in cannot show. Skipped where its runtime is not there. */
const ROOT = path.join(import.meta.dirname, '..', '..');
const runtime = findRuntime();
const HELLO = `pipeline_name: hello\nsteps: [{ name: greet, command: 'echo good evening' }]\n`;

/** What the main process keeps for the tests between two questions. */
interface Kept {
  menu?: { items: Electron.MenuItem[] };
}

beforeAll(async () => {
  if (runtime !== undefined) await buildDesktop();
}, 120_000);

test.skipIf(runtime === undefined)('a job is run next from the tray, and its line is in the window', async () => {
  const { app, folder } = await start();
  const page = await app.firstWindow();
  await page.locator('main').waitFor();
  // Electron gives no way to a tray that is there: the menu is caught when it is set the next time, which a new job causes.
  await app.evaluate(({ Tray }) => {
    const set = Tray.prototype.setContextMenu;
    Tray.prototype.setContextMenu = function (menu) {
      (globalThis as Kept).menu = menu as NonNullable<Kept['menu']>;
      set.call(this, menu);
    };
  });
  await writeFile(path.join(folder, 'jobs', 'other.yml'), HELLO.replace('hello', 'other'));
  const runNext = () =>
    app.evaluate(() => {
      const next = (globalThis as Kept).menu?.items.find(({ label }) => label === 'Run next');
      const item = next?.submenu?.items.find(({ label }) => label === 'hello');
      item?.click();
      return item !== undefined;
    });
  await expect.poll(runNext, { timeout: 20_000, interval: 200 }).toBe(true);
  await page.evaluate(`location.hash = '#/run/hello%231'`);
  await page.getByText('good evening').first().waitFor();
  await screenshot(page, 'real-electron');
});

test.skipIf(runtime === undefined)(
  'the page is fenced in: sandboxed, isolated, without Node and without a way out',
  async () => {
    const { app } = await start();
    const page = await app.firstWindow();
    await page.locator('main').waitFor();
    expect(page.url()).toMatch(/^app:\/\/nightjar\//);
    expect(
      await page.evaluate(`[typeof require, typeof process, Object.keys(window.nightjar).sort().join()].join(' ')`),
    ).toBe('undefined undefined close,onClose,onFrame,send');
    expect(await page.evaluate(`fetch('https://example.org/').then(() => 'asked', () => 'refused')`)).toBe('refused');
    const own = page.url();
    await page.evaluate(`void (location.href = 'https://example.org/')`);
    await page.evaluate(`window.open('file:///etc/passwd') === null`);
    expect(page.url()).toBe(own);
    expect(app.windows()).toHaveLength(1);
    expect(await page.evaluate(`Notification.requestPermission()`)).toBe('denied');
  },
);

test.skipIf(runtime === undefined)(
  'closing hides the window, a second launch shows it, and quitting ends in success',
  async () => {
    const { app, launch } = await start();
    await (await app.firstWindow()).locator('main').waitFor();
    const isVisible = () =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isVisible()));
    await expect.poll(isVisible, { timeout: 10_000 }).toEqual([true]);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
    await expect.poll(isVisible, { timeout: 10_000 }).toEqual([false]);
    // It ends before playwright has got hold of it.
    await launch().catch(() => {});
    await expect.poll(isVisible, { timeout: 10_000 }).toEqual([true]);
    const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
    await app.evaluate(({ app: itself }) => itself.quit()).catch(() => {});
    expect(await ended).toBe(0);
  },
);

async function start(): Promise<{ app: ElectronApplication; folder: string; launch(): Promise<ElectronApplication> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-electron-'));
  await mkdir(path.join(folder, 'jobs'));
  await writeFile(path.join(folder, 'jobs', 'hello.yml'), HELLO);
  const own = ['--home', path.join(folder, 'jobs'), '--data', path.join(folder, 'data')];
  // Root has no sandbox, and a container mostly none either; everywhere else it stays on.
  const isRoot = process.getuid?.() === 0;
  const args = [ROOT, ...own, ...(isRoot ? ['--no-sandbox'] : [])];
  const launch = () => electron.launch({ executablePath: runtime!, args, timeout: 30_000 });
  const app = await launch();
  onTestFinished(async () => {
    app.process().kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { app, folder, launch };
}

/** The runtime that the package `electron` has fetched; undefined where it has not, or where there is no display for it. */
function findRuntime(): string | undefined {
  const place = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const pathFile = path.join(place, 'path.txt');
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return undefined;
  if (!existsSync(pathFile)) return undefined;
  const program = path.join(place, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(program) ? program : undefined;
}
