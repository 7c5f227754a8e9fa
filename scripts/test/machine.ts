import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Whether Debian's packages can be installed here without asking anybody. */
export function installsPackages(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/** The browser of the tests: CHROMIUM, else one that is installed, else Debian's, which is installed aloud; else undefined. */
export function provideChromium(): string | undefined {
  const found = findChromium();
  if (found !== undefined || !installsPackages()) return found;
  console.error("\nThere is no Chromium: Debian's is installed for the tests (apt-get install chromium).");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The machine's own updates may hold the lock for a while, and a mirror may fail once.
  const patient = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  for (const args of [['update'], ['--no-install-recommends', 'install', 'chromium']]) {
    // apt-get says itself what is wrong; whoever asked says what is skipped.
    spawnSync('apt-get', [...patient, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 600_000 });
  }
  return findChromium();
}

function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const places = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return names.map(findProgram).find((place) => place !== undefined) ?? places.find(isExecutable);
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
