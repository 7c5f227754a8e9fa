import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Route } from 'playwright-core';

/** The http origin that stands for `app://nightjar`: one that a browser takes for a secure one, and that no server has. */
const ORIGIN = 'http://nightjar.localhost';
const APP = 'app://nightjar';

export const toBrowser = (url: string) => url.replace(APP, ORIGIN);
export const fromBrowser = (url: string) => url.replace(ORIGIN, APP);

type Handler = (request: Request) => Promise<Response>;
type Decide = (decision: { cancel: boolean }) => void;

/** Electron's default session: one Chromium with a profile of its own, whose requests are all answered or refused here. */
class Session {
  readonly protocol = { handle: (_scheme: string, handler: Handler) => (this.#handler = handler) };
  readonly webRequest = {
    onBeforeRequest: (listener: (details: { url: string }, decide: Decide) => void) => (this.#filter = listener),
  };
  #handler: Handler = async () => new Response(null, { status: 404 });
  #filter: (details: { url: string }, decide: Decide) => void = (_details, decide) => decide({ cancel: false });
  #context: BrowserContext | undefined;
  #folder = '';

  setPermissionRequestHandler(): void {}
  setPermissionCheckHandler(): void {}
  setDevicePermissionHandler(): void {}

  async start(): Promise<void> {
    this.#folder = mkdtempSync(path.join(tmpdir(), 'nightjar-stand-in-'));
    this.#context = await chromium.launchPersistentContext(this.#folder, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      // The port is for the test, which looks at the same pages; it reads it from DevToolsActivePort in the profile.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--remote-debugging-port=0',
      ],
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    await this.#context.route('**/*', (route) => this.#answer(route));
  }

  get context(): BrowserContext {
    if (this.#context === undefined) throw new Error('Electron is not ready yet.');
    return this.#context;
  }

  get folder(): string {
    return this.#folder;
  }

  async close(): Promise<void> {
    await this.#context?.close();
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answer(route: Route): Promise<void> {
    const url = fromBrowser(route.request().url());
    let isCancelled = false;
    this.#filter({ url }, ({ cancel }) => (isCancelled = cancel));
    if (isCancelled) return route.abort('blockedbyclient');
    const answer = await this.#handler(new Request(url, { method: route.request().method() }));
    const body = Buffer.from(await answer.arrayBuffer());
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
  }
}

export const session = new Session();
