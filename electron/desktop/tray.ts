import path from 'node:path';
import { Menu, nativeImage, nativeTheme, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron';
import { latestByKey } from '../api/latest-by-key.ts';
import { trayMenu, trayState, trayTooltip, type TrayAction, type TrayItem } from './tray-menu.ts';
import type { TraySnapshot } from './tray-snapshot.ts';

/** Hundreds of runs a minute change the tray twice a second at most: an open menu closes, on Linux, when it is set. */
const REFRESH_MS = 500;
/** Points: what each desktop draws in its bar. */
const SIZES: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 22 };
const DEFAULT_SIZE = 16;

export interface TrayPorts {
  /** Of the icons: `idle-16.png`, `idle-16@2x.png`, `idle-white-16.png` … */
  readonly folder: string;
  /** Undefined while there is nothing to show: before the start and after the end. */
  snapshot(): TraySnapshot | undefined;
  perform(action: TrayAction): void;
}

/** The icon in the bar, its tooltip and its menu: each set whole when something changed, and left alone otherwise. */
export class TrayIcon {
  readonly #ports: TrayPorts;
  readonly #tray: Tray;
  readonly #refreshes = latestByKey<'all', undefined>(REFRESH_MS, () => this.#show());
  readonly #onTheme = () => this.refresh();
  #shown = { icon: '', tooltip: '', menu: '' };

  constructor(ports: TrayPorts) {
    this.#ports = ports;
    this.#tray = new Tray(this.#image('idle'));
    this.#tray.setToolTip('Nightjar');
    // macOS and Linux open the menu; on Windows a click is how one opens a window.
    if (process.platform === 'win32') this.#tray.on('click', () => ports.perform({ do: 'open', address: '' }));
    nativeTheme.on('updated', this.#onTheme);
    this.refresh();
  }

  /** Something may have changed; shown at once, or half a second after the last time. */
  refresh(): void {
    this.#refreshes.push('all', undefined);
  }

  close(): void {
    this.#refreshes.stop();
    nativeTheme.off('updated', this.#onTheme);
    this.#tray.destroy();
  }

  #show(): void {
    const snapshot = this.#ports.snapshot();
    if (snapshot === undefined) return;
    const state = trayState(snapshot);
    const items = trayMenu(snapshot);
    const next = { icon: this.#file(state), tooltip: trayTooltip(snapshot), menu: JSON.stringify(items) };
    if (next.icon !== this.#shown.icon) this.#tray.setImage(this.#image(state));
    if (next.tooltip !== this.#shown.tooltip) this.#tray.setToolTip(next.tooltip);
    if (next.menu !== this.#shown.menu) this.#tray.setContextMenu(Menu.buildFromTemplate(this.#template(items)));
    this.#shown = next;
  }

  #template(items: readonly TrayItem[]): MenuItemConstructorOptions[] {
    return items.map((item): MenuItemConstructorOptions => {
      if ('type' in item) return { type: 'separator' };
      const { label, action, submenu } = item;
      if (submenu !== undefined) return { label, submenu: this.#template(submenu) };
      if (action === undefined) return { label, enabled: false };
      return { label, click: () => this.#ports.perform(action) };
    });
  }

  #image(state: string): NativeImage {
    const image = nativeImage.createFromPath(this.#file(state));
    if (process.platform === 'darwin') image.setTemplateImage(true);
    return image;
  }

  #file(state: string): string {
    const size = SIZES[process.platform] ?? DEFAULT_SIZE;
    return path.join(this.#ports.folder, `${state}${isBarDark() ? '-white' : ''}-${size}.png`);
  }
}

/** macOS colours a template itself. GNOME's bar is dark in its light theme too. */
function isBarDark(): boolean {
  if (process.platform === 'darwin') return false;
  const isGnome = process.platform === 'linux' && (process.env['XDG_CURRENT_DESKTOP'] ?? '').includes('GNOME');
  return isGnome || nativeTheme.shouldUseDarkColors;
}
