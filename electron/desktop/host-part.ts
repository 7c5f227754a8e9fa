import { shell } from 'electron';
import type { HostPart } from '../host/handlers.ts';
import { Failure } from '../scheduler/failure.ts';

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
    settingChanged,
  };
}
