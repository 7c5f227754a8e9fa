import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { look as lookAt } from './look.ts';
import { Served } from './served.ts';
import { connectBrowser, openWindow, type PageOptions } from './window-page.ts';

/** The page says its times in this zone, and so does the host. */
const ZONE = 'Europe/Berlin';

/** `nightjar serve` on folders of a test's own, and real browser windows on the address that it printed. */
export class RealWindow {
  readonly served: Served;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #port: number;
  #end: (() => Promise<void>) | undefined;
  address = '';

  private constructor(served: Served, port: number, environment: NodeJS.ProcessEnv) {
    this.served = served;
    this.#port = port;
    this.#environment = { TZ: ZONE, ...environment };
  }

  /** Writes the job files, by path below the home, lets `before` prepare the data folder, and serves. */
  static async start(
    files: Readonly<Record<string, string>>,
    options: {
      environment?: (folders: { jobs: string; data: string }) => NodeJS.ProcessEnv;
      before?: (folders: { jobs: string; data: string }) => Promise<unknown>;
    } = {},
  ): Promise<RealWindow> {
    const served = await Served.make(files);
    const folders = { jobs: join(served.folder, 'jobs'), data: served.data };
    const window = new RealWindow(served, await freePort(), options.environment?.(folders) ?? {});
    onTestFinished(() => window.stop());
    await options.before?.(folders);
    await window.serve();
    return window;
  }

  /** Serves, also again after `stop`: on the same port, with a new token. */
  async serve(): Promise<void> {
    const { child, finished } = await this.served.serve(['--port', String(this.#port)], this.#environment);
    const endpoint = JSON.parse(await readFile(join(this.served.data, 'endpoint.json'), 'utf8')) as {
      url: string;
      token: string;
    };
    this.address = `${endpoint.url}/#token=${endpoint.token}`;
    this.#end = async () => {
      child.kill('SIGTERM');
      // The second stops what still runs; one that a busy host hears together with the first is part of it.
      const timer = setInterval(() => child.kill('SIGTERM'), 500);
      await finished;
      clearInterval(timer);
    };
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = undefined;
  }

  /** Opens a window; when the test ends it is closed, and the test fails where the page reported an error or left the machine. */
  async open(options: PageOptions & { mayFail?: RegExp } = {}): Promise<Page> {
    const browser = await connectBrowser();
    const { page, problems } = await openWindow(browser, this.address, { isClockFixed: false, ...options });
    page.setDefaultTimeout(15_000);
    onTestFinished(async () => {
      await browser.close();
      const unexpected = problems.filter((problem) => !options.mayFail?.test(problem));
      expect(unexpected, 'what the page reported').toEqual([]);
      expect(await this.bugs(), 'what the host reported').toBe('');
    });
    return page;
  }

  /** What nobody planned for; empty where all went well. */
  async bugs(): Promise<string> {
    return readFile(join(this.served.data, 'nightjar.log'), 'utf8').catch(() => '');
  }

  write(path: string, text: string): Promise<void> {
    return this.served.write(path, text);
  }
}

/** A row of the sidebar. */
export const jobRow = (page: Page, id: string) => page.locator('li', { has: page.locator(`[data-job="${id}"]`) });

/** What a person does to run a job: the pointer on its row, and its button. */
export async function runNext(page: Page, id: string): Promise<void> {
  const row = jobRow(page, id);
  await row.hover();
  await row.getByRole('button', { name: 'Run next' }).click();
}

export const go = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`);

/** As `look`, of a window on a real host. */
export const look = (page: Page, name: string) => lookAt(page, `real-${name}`);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
