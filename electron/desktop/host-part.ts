import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { shell } from 'electron';
import type { HostPart } from '../host/handlers.ts';
import { Failure } from '../scheduler/failure.ts';

/** What opening means starting, on one system or another. */
const PROGRAMS =
  /^\.(app|appimage|bat|cmd|com|command|cpl|desktop|exe|hta|jar|js|jse|lnk|msc|msi|pif|ps1|reg|scr|sh|url|vbe|vbs|wsf|workflow)$/i;

/** What the desktop does with a job file, in the place of the API's methods that name one. */
export function desktopPart(settingChanged: (key: string) => void): HostPart {
  return {
    kind: 'desktop',
    async trash(path, files) {
      await shell.trashItem(await files.locate(path));
      return process.platform === 'win32' ? 'the Recycle Bin' : 'the trash';
    },
    async open(path, files) {
      const file = await files.locate(path);
      const problem = await shell.openPath(file);
      if (problem !== '') {
        throw new Failure(
          'no-editor',
          `The system opens ${file} with nothing: ${problem}. Choose a program for .yml files.`,
        );
      }
    },
    async reveal(path, files) {
      shell.showItemInFolder(await files.locate(path));
    },
    async openFile(file) {
      if (await isProgram(file)) {
        throw new Failure(
          'is-program',
          `${file} is a program, and Nightjar starts none that a job left behind. Show it in its folder, and start it there if you trust it.`,
        );
      }
      const problem = await shell.openPath(file);
      if (problem !== '') {
        throw new Failure('no-program', `The system opens ${file} with nothing: ${problem}. Show it in its folder.`);
      }
    },
    async revealFile(file) {
      shell.showItemInFolder(file);
    },
    offer() {
      throw new Failure(
        'browser-only',
        'On the desktop the file is on this machine already: open it, or show it in its folder.',
      );
    },
    settingChanged,
  };
}

async function isProgram(file: string): Promise<boolean> {
  if (PROGRAMS.test(extname(file))) return true;
  if (process.platform === 'win32') return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
