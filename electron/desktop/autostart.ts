import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app } from 'electron';
import { autostartFile, desktopEntry } from './autostart-entry.ts';

/** Started so, it is in the tray alone. */
export const HIDDEN = '--hidden';

/** Starts Nightjar, or does not any more, when the user logs in. Only an installed one: a checkout may be gone by then. */
export function setStartAtLogin(isOn: boolean): void {
  if (!app.isPackaged) return;
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: isOn, args: [HIDDEN] });
    return;
  }
  const file = autostartFile(process.env, app.getPath('home'));
  if (!isOn) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(path.dirname(file), { recursive: true });
  // An AppImage is mounted anew with each start; what stays is the file that the user has.
  writeFileSync(file, desktopEntry([process.env['APPIMAGE'] ?? process.execPath, HIDDEN]));
}
