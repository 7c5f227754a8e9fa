import { fork, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type * as Electron from './electron-stand-in/electron.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'electron', 'main.js');
/** `node --import` it, and `electron` is the stand-in. */
export const STAND_IN = join(import.meta.dirname, 'electron-stand-in', 'register.ts');
const MINUTE_MS = 60_000;

/** Builds the window and what Electron runs, so that what is tested is what is shipped. */
export async function buildDesktop(): Promise<void> {
  for (const script of ['build-window.mjs', 'build-desktop.ts']) {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', script)], {
      cwd: ROOT,
      stdio: 'inherit',
      timeout: 100_000,
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
  }
}

/** One line of a menu, as a person reads it. */
export interface Line {
  readonly label: string;
  readonly isEnabled: boolean;
  readonly submenu: readonly Line[];
}

/** A desktop on folders of its own, run by the stand-in of Electron in a process of its own. */
export class DesktopUnderTest {
  readonly folder: string;
  child!: ChildProcess;
  #exit!: Promise<number | null>;
  #questions = new Map<number, { resolve(answer: never): void; reject(error: unknown): void }>();
  #lastId = 0;
  said = '';

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes the job files, by path below the home, and starts. */
  static async start(files: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<DesktopUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-desktop-'));
    const made = new DesktopUnderTest(folder);
    onTestFinished(async () => {
      await made.#end();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    await mkdir(join(folder, 'jobs'));
    for (const [file, text] of Object.entries(files)) await made.write(file, text);
    made.launch(args);
    return made;
  }

  /** A newer build of Nightjar, launched on the same folders. */
  async ofVersion(version: string): Promise<DesktopUnderTest> {
    const program = join(this.folder, `program-${version}`);
    await cp(join(ROOT, 'dist'), join(program, 'dist'), { recursive: true });
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as object;
    await writeFile(join(program, 'package.json'), JSON.stringify({ ...manifest, version }));
    for (const name of ['node_modules', 'resources']) await symlink(join(ROOT, name), join(program, name), 'junction');
    return this.again(['--hidden'], join(program, 'dist', 'electron', 'main.js'));
  }

  /** Another launch on the same folders; its life is the test's to watch. */
  again(args: readonly string[] = [], main = MAIN): DesktopUnderTest {
    const other = new DesktopUnderTest(this.folder);
    onTestFinished(() => other.#end());
    other.launch(args, main);
    return other;
  }

  launch(args: readonly string[], main = MAIN): void {
    const own = ['--home', join(this.folder, 'jobs'), '--data', this.data];
    this.child = fork(main, [...own, ...args], {
      execArgv: ['--import', STAND_IN],
      env: { ...process.env, NIGHTJAR_DATA: '', MELT_JOBS_HOME: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    }
    this.child.on('message', ({ id, answer, error }: { id: number; answer: never; error?: string }) => {
      const question = this.#questions.get(id);
      this.#questions.delete(id);
      if (error === undefined) question?.resolve(answer);
      else question?.reject(new Error(error));
    });
    this.#exit = new Promise((resolve) => {
      this.child.once('exit', (code) => {
        for (const { reject } of this.#questions.values()) reject(new Error(`It has ended: ${this.said}`));
        resolve(code);
      });
    });
  }

  /** The browser first: one that is left alone for a moment writes its profile again after it was removed. */
  async #end(): Promise<void> {
    if (this.child.exitCode === null && this.child.connected) {
      const closed = this.ask(({ session }) => session.defaultSession.close()).catch(() => {});
      await Promise.race([closed, delay(5_000)]);
    }
    this.child.kill('SIGKILL');
    await this.#exit;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Resolves with the exit code. */
  get exited(): Promise<number | null> {
    return this.#exit;
  }

  async write(file: string, text: string): Promise<void> {
    const place = join(this.folder, 'jobs', file);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text);
  }

  /** What nobody planned for; empty where all went well. */
  async bugs(): Promise<string> {
    return readFile(join(this.data, 'nightjar.log'), 'utf8').catch(() => '');
  }

  /** Calls a function in the main process; it may use nothing but what it is given. */
  ask<T, A>(question: (electron: typeof Electron, argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.child.send(
        { id, source: question.toString(), argument },
        (error) => error && reject(new Error(`It has ended: ${this.said}`)),
      );
    });
  }

  async menu(): Promise<readonly Line[]> {
    return this.ask(({ shown }) => {
      type Items = NonNullable<(typeof shown.trays)[0]['menu']>['items'];
      const read = (items: Items): Line[] =>
        items
          .filter(({ type }) => type !== 'separator')
          .map(({ label = '', enabled, submenu = [] }) => ({
            label,
            isEnabled: enabled !== false,
            submenu: read(submenu),
          }));
      return read(shown.trays[0]?.menu?.items ?? []);
    });
  }

  /** Clicks a line of the tray's menu, by the labels that lead to it; each may be the beginning of one. */
  async click(...labels: string[]): Promise<void> {
    await this.ask(({ shown }, wanted) => {
      let items = shown.trays[0]?.menu?.items ?? [];
      let found: (typeof items)[0] | undefined;
      for (const label of wanted) {
        found = items.find((item) => item.label?.startsWith(label));
        if (found === undefined) throw new Error(`no ${label} among ${items.map((item) => item.label).join(', ')}`);
        items = found.submenu ?? [];
      }
      found?.click?.();
    }, labels);
  }

  /** Waits for a line of the menu that begins so. */
  async untilMenu(label: string): Promise<void> {
    await expect
      .poll(async () => (await this.menu()).map((line) => line.label), { timeout: 15_000, interval: 50 })
      .toContainEqual(expect.stringMatching(new RegExp(`^${label}`)));
  }

  /** The window's page, in the Chromium that the stand-in runs. */
  async page(): Promise<Page> {
    let port = '';
    await expect
      .poll(async () => (port = await this.#port()), { timeout: MINUTE_MS / 3, interval: 50 })
      .toMatch(/^\d+$/);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    onTestFinished(() => browser.close());
    const context = browser.contexts()[0]!;
    await expect
      .poll(() => context.pages().filter((page) => page.url().includes('nightjar.localhost')).length, {
        timeout: 15_000,
      })
      .toBe(1);
    const page = context.pages().find((one) => one.url().includes('nightjar.localhost'))!;
    page.setDefaultTimeout(15_000);
    return page;
  }

  async #port(): Promise<string> {
    const profile = await this.ask((electron) => (electron as unknown as { profile(): string }).profile());
    if (profile === '' || !(await readdir(profile)).includes('DevToolsActivePort')) return '';
    return (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')[0] ?? '';
  }
}
