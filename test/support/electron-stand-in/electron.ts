import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { answerTests } from './control.ts';
import { SingleInstance } from './single-instance.ts';
import { utilityProcesses } from './utility-process.ts';
import { WebContents } from './web-contents.ts';
import { session as theSession } from './session.ts';

/**
 * A stand-in for the module `electron`, for machines where Electron's runtime cannot be had: a plain Node process in which main.ts,
 * preload.ts and desktop/ run as they are. Its windows are real Chromium pages, its ipc carries structured clones in order, its
 * tray, notifications, shell and dialogs record what they were told, and tests press their buttons.
 *
 * What it cannot show: that Electron's sandbox, context isolation and ipc are what they promise (the preload runs in the page's own
 * world here); that `app:` is a scheme (it is an http origin of its own, answered by the same handler); how a tray, a menu or a
 * notification looks, or whether the system shows one; sleep, log-out and shutdown; packaging. It knows what Nightjar uses of
 * Electron, by Electron's types and documentation. test/e2e/real-electron runs the same steps on the real one.
 */

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly dock = undefined;
  readonly #paths = new Map<string, string>();
  readonly #instance = new SingleInstance((argv, folder, data) => this.emit('second-instance', {}, argv, folder, data));

  setPath(name: string, place: string): void {
    this.#paths.set(name, place);
  }

  getPath(name: string): string {
    const place = this.#paths.get(name);
    if (place === undefined) throw new Error(`The stand-in has no path ${name}.`);
    return place;
  }

  setAppUserModelId(): void {}

  requestSingleInstanceLock(data: unknown): boolean {
    return this.#instance.request(this.getPath('userData'), data);
  }

  releaseSingleInstanceLock(): void {
    this.#instance.release();
  }

  async whenReady(): Promise<void> {
    await theSession.start(this.getPath('userData'));
  }

  quit(): void {
    let isPrevented = false;
    this.emit('before-quit', { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.exit(0);
  }

  exit(code: number): void {
    this.#instance.release();
    void theSession.close().finally(() => process.exit(code));
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly #all = new Set<BrowserWindow>();
  static #focused: BrowserWindow | undefined;
  readonly webContents: WebContents;
  readonly options: Record<string, unknown>;
  #isVisible = false;
  #isMaximized = false;

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#all];
  }

  constructor(options: { webPreferences: { preload: string } } & Record<string, unknown>) {
    super();
    this.options = options;
    this.webContents = new WebContents(options.webPreferences.preload);
    BrowserWindow.#all.add(this);
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.load(url);
  }

  show(): void {
    this.#isVisible = true;
    this.focus();
  }

  hide(): void {
    this.#isVisible = false;
    this.blur();
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  focus(): void {
    if (BrowserWindow.#focused === this) return;
    BrowserWindow.#focused = this;
    this.emit('focus');
  }

  blur(): void {
    if (BrowserWindow.#focused !== this) return;
    BrowserWindow.#focused = undefined;
    this.emit('blur');
  }

  isFocused(): boolean {
    return BrowserWindow.#focused === this;
  }

  isMinimized(): boolean {
    return false;
  }

  maximize(): void {
    this.#isMaximized = true;
  }

  isMaximized(): boolean {
    return this.#isMaximized;
  }

  setBounds(bounds: Record<string, number>): void {
    Object.assign(this.options, bounds);
  }

  getNormalBounds(): Record<string, unknown> {
    const { x = 0, y = 0, width, height } = this.options;
    return { x, y, width, height };
  }

  close(): void {
    let isPrevented = false;
    this.emit('close', { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.destroy();
  }

  destroy(): void {
    BrowserWindow.#all.delete(this);
    this.webContents.destroy();
  }

  isDestroyed(): boolean {
    return this.webContents.isDestroyed();
  }
}

interface Item {
  label?: string;
  type?: string;
  enabled?: boolean;
  role?: string;
  click?: () => void;
  submenu?: Item[];
}

export class Menu {
  readonly items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.items = items;
  }

  static buildFromTemplate(items: readonly Item[]): Menu {
    return new Menu(items);
  }

  static setApplicationMenu(): void {}
}

export class Tray extends EventEmitter {
  image: NativeImage;
  tooltip = '';
  menu: Menu | undefined;

  constructor(image: NativeImage) {
    super();
    this.image = image;
    shown.trays.push(this);
  }

  setImage(image: NativeImage): void {
    this.image = image;
  }

  setToolTip(text: string): void {
    this.tooltip = text;
  }

  setContextMenu(menu: Menu): void {
    this.menu = menu;
  }

  destroy(): void {
    shown.trays.splice(shown.trays.indexOf(this), 1);
  }
}

export class Notification extends EventEmitter {
  readonly options: Record<string, unknown>;

  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    shown.notifications.push(this);
  }
}

class NativeImage {
  readonly file: string;
  isTemplate = false;

  constructor(file: string) {
    this.file = file;
  }

  isEmpty(): boolean {
    return !existsSync(this.file);
  }

  setTemplateImage(isTemplate: boolean): void {
    this.isTemplate = isTemplate;
  }
}

/** What a person would see or have caused outside of the window, in order. Not part of Electron: for the tests. */
export const shown = {
  trays: [] as Tray[],
  notifications: [] as Notification[],
  utilityProcesses,
  /** `trash /path`, `open /path`, `reveal /path`, `browse https://…`, `error …` */
  outside: [] as string[],
};

const record = (what: string, about: string) => void shown.outside.push(`${what} ${about}`);

export { utilityProcess } from './utility-process.ts';
export const app = new App();
export const ipcMain = new EventEmitter();
/** A machine that runs on its battery until a test plugs it in. */
export const power = { isOnBattery: true };
export const powerMonitor = Object.assign(new EventEmitter(), {
  isOnBatteryPower: () => power.isOnBattery,
  getSystemIdleTime: () => 0,
});
export const powerSaveBlocker = {
  start: (type: string) => (record('awake', type), 1),
  stop: (id: number) => (record('asleep', String(id)), true),
};
export const net = { isOnline: () => true };
export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false });
export const nativeImage = { createFromPath: (file: string) => new NativeImage(path.resolve(file)) };
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1600, height: 1000 } }] };
export const session = { defaultSession: theSession };
export const protocol = { registerSchemesAsPrivileged: () => {} };
export const dialog = { showErrorBox: (title: string, text: string) => record('error', `${title}: ${text}`) };
export const shell = {
  trashItem: async (file: string) => record('trash', file),
  openPath: async (file: string) => (record('open', file), ''),
  showItemInFolder: (file: string) => record('reveal', file),
  openExternal: async (url: string) => record('browse', url),
};
export const shortcuts = new Map<string, () => void>();
export const globalShortcut = {
  register: (accelerator: string, pressed: () => void) => (shortcuts.set(accelerator, pressed), true),
  unregisterAll: () => shortcuts.clear(),
};

// As `electron .` in a checkout, told by its first word which application to run.
Object.assign(process, { defaultApp: true });
// Fetched when they are called: nobody hears a message of a page before there is one.
WebContents.toMain = (channel, event, message) => void ipcMain.emit(channel, event, ...message);
answerTests({
  profile: () => theSession.folder,
  app,
  BrowserWindow,
  Menu,
  Tray,
  Notification,
  ipcMain,
  session,
  power,
  powerMonitor,
  nativeTheme,
  shortcuts,
  shown,
});
