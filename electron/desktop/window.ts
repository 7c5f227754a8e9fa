import { BrowserWindow, nativeTheme, screen } from 'electron';
import { PAGE } from './app-scheme.ts';
import { fenceContents } from './fences.ts';
import { fitBounds, MIN_SIZE, type WindowBounds } from './window-bounds.ts';

/** The page's own ground (tokens.md, `bg`), so that nothing flashes before its first paint. */
const GROUND = { light: '#F3F1ED', dark: '#0F1218' };

export interface WindowPorts {
  readonly preload: string;
  readonly icon: string;
  readonly bounds: { read(): unknown; write(bounds: WindowBounds): void };
  /** Somebody looks at it, or has until now. */
  onLook(): void;
  /** Windows ends the session: the machine goes down, or the user logs off. */
  onSessionEnd(): void;
}

/** The one window. It is made when it is first wanted; closing hides it, and what it showed is there again at once. */
export class MainWindow {
  readonly #ports: WindowPorts;
  #window: BrowserWindow | undefined;
  #isClosed = false;
  #savedBounds = '';

  constructor(ports: WindowPorts) {
    this.#ports = ports;
  }

  get isFocused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Shows it in front of the others; `address` is the page's hash, and empty leaves it where it is. */
  open(address = ''): void {
    if (this.#isClosed) return;
    if (this.#window === undefined) {
      this.#window = this.#make();
      this.#load(this.#window, address);
      return;
    }
    if (address !== '') this.#load(this.#window, address);
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  /** Opens the command palette, which listens to its keys within the page. */
  openPalette(): void {
    const isNew = this.#window === undefined;
    this.open();
    const contents = this.#window?.webContents;
    const press = () => {
      const modifiers: ('meta' | 'control')[] = [process.platform === 'darwin' ? 'meta' : 'control'];
      contents?.sendInputEvent({ type: 'keyDown', keyCode: 'K', modifiers });
      contents?.sendInputEvent({ type: 'keyUp', keyCode: 'K', modifiers });
    };
    if (isNew) contents?.once('did-finish-load', press);
    else press();
  }

  /** For good: the application ends. */
  close(): void {
    this.#isClosed = true;
    this.#saveBounds();
    this.#window?.destroy();
    this.#window = undefined;
  }

  #make(): BrowserWindow {
    const { preload, icon, bounds, onLook, onSessionEnd } = this.#ports;
    const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
    const { isMaximized, ...place } = fitBounds(bounds.read(), screens);
    const window = new BrowserWindow({
      ...place,
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      title: 'Nightjar',
      icon,
      show: false,
      autoHideMenuBar: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
      },
    });
    fenceContents(window.webContents, () => window.isFocused());
    window.once('ready-to-show', () => {
      if (isMaximized) window.maximize();
      window.show();
    });
    window.on('focus', onLook);
    window.on('blur', () => {
      onLook();
      this.#saveBounds();
    });
    window.on('close', (event) => {
      this.#saveBounds();
      if (this.#isClosed) return;
      event.preventDefault();
      window.hide();
    });
    window.on('query-session-end', onSessionEnd);
    // A page that crashed is of no use to anybody: the next opening makes another.
    window.webContents.on('render-process-gone', () => {
      if (this.#window === window) this.#window = undefined;
      window.destroy();
    });
    return window;
  }

  #load(window: BrowserWindow, address: string): void {
    // A navigation that a later one took the place of; what else can fail is shown by Chromium itself.
    window.loadURL(`${PAGE}${address}`).catch(() => {});
  }

  #saveBounds(): void {
    const window = this.#window;
    if (window === undefined || window.isDestroyed()) return;
    const bounds: WindowBounds = { ...window.getNormalBounds(), isMaximized: window.isMaximized() };
    const text = JSON.stringify(bounds);
    if (text === this.#savedBounds) return;
    this.#savedBounds = text;
    this.#ports.bounds.write(bounds);
  }
}
