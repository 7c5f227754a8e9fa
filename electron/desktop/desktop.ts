import path from 'node:path';
import { app, globalShortcut, ipcMain, session } from 'electron';
import { createHandlers } from '../host/handlers.ts';
import { serveElectron, type ElectronHost } from '../host/electron-wire.ts';
import { createScheduler, type CloseMode, type Scheduler } from '../scheduler/scheduler.ts';
import { isOwnPage, serveAppScheme } from './app-scheme.ts';
import { setStartAtLogin } from './autostart.ts';
import { failureAddress } from './failing-line.ts';
import { fenceSession } from './fences.ts';
import { desktopPart } from './host-part.ts';
import { LocalEndpoint } from './local-endpoint.ts';
import { Notifications } from './notifications.ts';
import { desktopMachine, watchPower } from './power.ts';
import { TrayIcon } from './tray.ts';
import { pauseEndAt, type TrayAction } from './tray-menu.ts';
import { takeSnapshot, type TraySnapshot } from './tray-snapshot.ts';
import { utilityLauncher } from './utility-launcher.ts';
import { MainWindow } from './window.ts';

export interface DesktopOptions {
  readonly jobsHome: string;
  readonly dataFolder: string;
  readonly version: string;
  readonly programFolder: string;
  /** Started at login: the tray alone. */
  readonly isHidden: boolean;
  readonly onBug: (error: unknown) => void;
}

/** Keys of the settings that the desktop itself obeys; what is not set is off, the endpoint on. */
const SETTINGS = {
  endpoint: 'desktopEndpoint',
  startAtLogin: 'startAtLogin',
  /** An Electron accelerator, `Alt+Shift+N`: opens the palette from anywhere. */
  paletteShortcut: 'paletteShortcut',
  bounds: 'windowBounds',
  lookedAt: 'lookedAt',
} as const;

/**
 * The scheduler with everything that a desktop has around it: window, tray, notifications, endpoint. From `start` until it has
 * left, which ends the process; how it leaves is one way (`leave`), whoever asks for it.
 */
export class Desktop {
  readonly #options: DesktopOptions;
  readonly #scheduler: Scheduler;
  readonly #host: ElectronHost;
  readonly #endpoint: LocalEndpoint;
  readonly #window: MainWindow;
  #tray: TrayIcon | undefined;
  #notifications: Notifications | undefined;
  #stopWatching: (() => void)[] = [];
  #isWanted: boolean;
  #lookedAt = Date.now();
  #leaving: CloseMode | null = null;
  #left: Promise<void> | undefined;

  constructor(options: DesktopOptions) {
    const { jobsHome, dataFolder, version, programFolder, onBug } = options;
    this.#options = options;
    this.#isWanted = !options.isHidden;
    this.#scheduler = createScheduler({
      jobsHome,
      dataFolder,
      version,
      host: 'desktop',
      machine: desktopMachine(),
      startLauncher: utilityLauncher,
      onBug,
    });
    const handlers = createHandlers(
      this.#scheduler,
      desktopPart((key) => this.#applySetting(key)),
    );
    const windowFolder = path.join(programFolder, 'dist', 'renderer');
    this.#host = serveElectron({ ipc: ipcMain, handlers, isOwnPage, onBug });
    this.#endpoint = new LocalEndpoint({ dataFolder, windowFolder, handlers, onBug });
    this.#window = new MainWindow({
      preload: path.join(programFolder, 'dist', 'electron', 'preload.cjs'),
      icon: path.join(programFolder, 'resources', 'icons', 'app', '256x256.png'),
      bounds: {
        read: () => this.#setting(SETTINGS.bounds),
        write: (bounds) => this.#store(SETTINGS.bounds, bounds),
      },
      onLook: () => this.#look(),
      onSessionEnd: () => void this.leave('shutdown'),
    });
    fenceSession(session.defaultSession);
    serveAppScheme(session.defaultSession, windowFolder);
  }

  /** Resolves when it schedules and can be seen. Rejects with a Failure where the data folder or the jobs home is not usable. */
  async start(): Promise<void> {
    const { programFolder } = this.#options;
    const scheduler = this.#scheduler;
    await scheduler.start();
    const lookedAt = this.#setting(SETTINGS.lookedAt);
    if (typeof lookedAt === 'number') this.#lookedAt = lookedAt;
    const perform = (action: TrayAction) => this.#perform(action);
    this.#notifications = new Notifications({ scheduler, perform });
    this.#tray = new TrayIcon({
      folder: path.join(programFolder, 'resources', 'icons', 'tray'),
      snapshot: () => this.#snapshot(),
      perform,
    });
    this.#stopWatching = [
      scheduler.on((event, key, data) => {
        this.#host.emit(event, key, data);
        this.#endpoint.emit(event, key, data);
        if (event !== 'log.grew' && event !== 'stats.grew') this.#tray?.refresh();
      }),
      watchPower({ onWake: () => scheduler.wake(), onShutdown: () => void this.leave('shutdown') }),
    ];
    void this.#giveWay();
    this.#applySetting(SETTINGS.endpoint);
    this.#applySetting(SETTINGS.paletteShortcut);
    if (this.#isWanted) this.#window.open();
  }

  /** Shows the window; while it starts, as soon as there is something to show. */
  open(): void {
    if (this.#tray === undefined) this.#isWanted = true;
    else this.#window.open();
  }

  /** A newer version shows itself from now on; this one only finishes its runs. */
  standBack(): void {
    this.#window.close();
    this.#tray?.close();
    this.#tray = undefined;
    void this.leave('drain');
  }

  /** Ends the application, and the process with success; a second call may be more urgent than the first. */
  leave(mode: CloseMode): Promise<void> {
    this.#leaving = mode;
    const closed = this.#scheduler.close(mode);
    this.#left ??= this.#end(closed);
    this.#tray?.refresh();
    return this.#left;
  }

  get isLeaving(): boolean {
    return this.#leaving !== null;
  }

  async #end(closed: Promise<void>): Promise<void> {
    try {
      await closed;
      for (const stop of this.#stopWatching) stop();
      globalShortcut.unregisterAll();
      this.#tray?.close();
      this.#window.close();
      this.#notifications?.close();
      await Promise.all([this.#endpoint.set(false), this.#host.close()]);
    } catch (error) {
      this.#options.onBug(error);
    }
    app.exit(0);
  }

  /** Another Nightjar asks to schedule: it answers the command line from now on. */
  async #giveWay(): Promise<void> {
    await this.#scheduler.superseded;
    void this.#endpoint.set(false).catch(this.#options.onBug);
    await this.leave('drain');
  }

  #perform(action: TrayAction): void {
    this.#do(action).catch((error: unknown) => {
      // What was clicked may have ended in the meantime; the window says what is true now.
      this.#options.onBug(error);
      this.#window.open('#/queue');
    });
  }

  async #do(action: TrayAction): Promise<void> {
    const { queue, runs } = this.#scheduler;
    switch (action.do) {
      case 'open':
        return this.#window.open(action.address);
      case 'open-failure':
        return this.#window.open(await failureAddress(this.#scheduler, action.run));
      case 'palette':
        return this.#window.openPalette();
      case 'run-next':
        return void this.#scheduler.addJob(action.job);
      case 'cancel':
        return void runs.cancel(action.run);
      case 'pause':
        return queue.pause(undefined, pauseEndAt(action.until, Date.now()));
      case 'resume':
        return queue.resume(undefined);
      case 'quit':
        return this.leave('drain');
      case 'stop':
        return this.leave('stop');
      default:
        return action satisfies never;
    }
  }

  #applySetting(key: string): void {
    const value = this.#setting(key);
    switch (key) {
      case SETTINGS.endpoint:
        this.#endpoint.set(value !== false).catch(this.#options.onBug);
        return;
      case SETTINGS.startAtLogin:
        setStartAtLogin(value === true);
        return;
      case SETTINGS.paletteShortcut:
        this.#setShortcut(value);
        return;
      default:
      // Somebody else's.
    }
  }

  #setShortcut(accelerator: unknown): void {
    globalShortcut.unregisterAll();
    if (typeof accelerator !== 'string' || accelerator === '') return;
    try {
      globalShortcut.register(accelerator, () => this.#window.openPalette());
    } catch (error) {
      // Not an accelerator: typed by hand into the settings.
      this.#options.onBug(error);
    }
  }

  #snapshot(): TraySnapshot | undefined {
    try {
      const startsAtLogin = this.#setting(SETTINGS.startAtLogin) === true;
      return takeSnapshot(this.#scheduler, { lookedAt: this.#lookedAt, leaving: this.#leaving, startsAtLogin });
    } catch (error) {
      // While it leaves, its database may be closed already.
      if (this.#leaving === null) this.#options.onBug(error);
      return undefined;
    }
  }

  /** Somebody looks at the window: failures until now are no news any more. */
  #look(): void {
    const before = this.#lookedAt;
    this.#lookedAt = Date.now();
    if (this.#leaving !== null) return;
    const [failure] = this.#scheduler.runs.list({ states: ['failed', 'timed-out'], limit: 1 }).runs;
    if ((failure?.endedAt ?? 0) > before) this.#store(SETTINGS.lookedAt, this.#lookedAt);
  }

  #setting(key: string): unknown {
    return this.#scheduler.settings.all()[key];
  }

  #store(key: string, value: unknown): void {
    if (this.#leaving === null) this.#scheduler.settings.set(key, value);
  }
}
