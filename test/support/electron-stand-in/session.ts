import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { chromium, type BrowserContext, type Route } from 'playwright-core';

/** The http origin that stands for `app://nightjar`: one that a browser takes for a secure one, and that no server has. */
const ORIGIN = 'http://nightjar.localhost';
const APP = 'app://nightjar';

export const toBrowser = (url: string) => url.replace(APP, ORIGIN);
export const fromBrowser = (url: string) => url.replace(ORIGIN, APP);

type Handler = (request: Request) => Promise<Response>;
type Permit = (contents: unknown, permission: string, decide: (isGranted: boolean) => void) => void;
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

  #permit: Permit = (_contents, _permission, decide) => decide(true);

  setPermissionRequestHandler(handler: Permit): void {
    this.#permit = handler;
  }

  setPermissionCheckHandler(): void {}
  setDevicePermissionHandler(): void {}

  /** For the tests: whether a request to an address, and a permission, would be refused. */
  refuses(url: string): boolean {
    let isCancelled = false;
    this.#filter({ url }, ({ cancel }) => (isCancelled = cancel));
    return isCancelled;
  }

  forbids(permission: string): boolean {
    let isGranted = false;
    this.#permit({}, permission, (granted) => (isGranted = granted));
    return !isGranted;
  }

  /** The profile is below the folder of the application's own data, and goes with it. */
  async start(userData: string): Promise<void> {
    this.#folder = mkdtempSync(path.join(userData, 'chromium-'));
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
  }

  async #answer(route: Route): Promise<void> {
    const url = fromBrowser(route.request().url());
    if (this.refuses(url)) return route.abort('blockedbyclient');
    const answer = await this.#handler(new Request(url, { method: route.request().method() }));
    const body = Buffer.from(await answer.arrayBuffer());
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
  }
}

export const session = new Session();
