import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Frame, Page, Request } from 'playwright-core';
import { fromBrowser, session, toBrowser } from './session.ts';

type Opened = (details: { url: string }) => { action: string };

/** Electron's webContents: one page. Its ipc goes through a function that Chromium gives to the page, and back by evaluation. */
export class WebContents extends EventEmitter {
  /** Where messages from pages go: to `ipcMain`. */
  static toMain: (channel: string, event: object, message: unknown[]) => void = () => {};
  static #ids = 0;
  readonly id = ++WebContents.#ids;
  readonly #page: Promise<Page>;
  #sending: Promise<unknown> = Promise.resolve();
  #isDestroyed = false;
  #loading = '';
  #onOpen: Opened = () => ({ action: 'deny' });

  constructor(preload: string) {
    super();
    this.#page = this.#open(readFileSync(preload, 'utf8'));
  }

  async load(url: string): Promise<void> {
    this.#loading = toBrowser(url);
    await (await this.#page).goto(this.#loading);
    this.emit('did-finish-load');
  }

  send(channel: string, ...message: unknown[]): void {
    const copy: unknown = structuredClone(message);
    this.#sending = this.#sendAfter(this.#sending, `standIn.hear(${JSON.stringify(channel)}, ${JSON.stringify(copy)})`);
  }

  async #sendAfter(before: Promise<unknown>, script: string): Promise<void> {
    await before;
    const page = await this.#page;
    // A page that is being loaded or closed has nobody who listens.
    await page.evaluate(script).catch(() => {});
  }

  setWindowOpenHandler(handler: Opened): void {
    this.#onOpen = handler;
  }

  sendInputEvent({ type, keyCode, modifiers }: { type: string; keyCode: string; modifiers: string[] }): void {
    if (type !== 'keyDown') return;
    const keys = modifiers.map((modifier) => (modifier === 'meta' ? 'Meta' : 'Control'));
    void this.#page.then((page) => page.keyboard.press([...keys, keyCode.toLowerCase()].join('+')));
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.emit('destroyed');
    // The browser may be closing too.
    void this.#page.then((page) => page.close()).catch(() => {});
  }

  /** The page itself wants to go elsewhere; an answer without content leaves it where it is. */
  #mayNavigate(request: Request): boolean {
    if (!request.isNavigationRequest() || request.frame().parentFrame() !== null) return true;
    if (request.url() === this.#loading.replace(/#.*/, '')) return true;
    let isPrevented = false;
    this.emit('will-navigate', { url: fromBrowser(request.url()), preventDefault: () => (isPrevented = true) });
    return !isPrevented;
  }

  async #open(preload: string): Promise<Page> {
    const page = await session.context.newPage();
    await page.exposeBinding('standInSend', ({ frame }, channel: string, message: unknown[]) => {
      if (this.#isDestroyed) return;
      const event = { sender: this, senderFrame: frameOf(frame) };
      WebContents.toMain(channel, event, structuredClone(message));
    });
    await page.addInitScript(preloadScript(preload));
    await page.route('**/*', (route) =>
      this.#mayNavigate(route.request()) ? route.fallback() : route.fulfill({ status: 204 }),
    );
    // Chromium would make the page first and tell where it leads to afterwards; Electron asks before.
    await page.exposeBinding('standInOpen', (_source, url: string) => void this.#onOpen({ url }));
    page.on('crash', () => this.emit('render-process-gone'));
    return page;
  }
}

function frameOf(frame: Frame): { url: string; parent: object | null } {
  return { url: fromBrowser(frame.url()), parent: frame.parentFrame() };
}

/** Runs the preload's file before the page's own scripts, with what a sandboxed one can require. */
function preloadScript(preload: string): string {
  return `(() => {
    const listeners = new Map();
    window.standIn = { hear: (channel, message) => listeners.get(channel)?.forEach((listener) => listener({}, ...message)) };
    window.open = (url) => (window.standInOpen(new URL(url, location.href).href), null);
    addEventListener('click', (event) => {
      const link = event.target?.closest?.('a[target=_blank]');
      if (!link || event.defaultPrevented) return;
      event.preventDefault();
      window.open(link.href);
    });
    const electron = {
      contextBridge: {
        exposeInMainWorld: (name, value) =>
          Object.defineProperty(window, name, { value: Object.freeze({ ...value }), writable: false }),
      },
      ipcRenderer: {
        send: (channel, ...message) => void window.standInSend(channel, message),
        on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      },
    };
    const require = (name) => {
      if (name !== 'electron') throw new Error('A sandboxed preload cannot require ' + name + '.');
      return electron;
    };
    (function (exports, require, module) { ${preload}
    })({}, require, { exports: {} });
  })();`;
}
