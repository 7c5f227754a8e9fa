import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import path from 'node:path';

/** Electron's lock, over files: who made the lock file has it, and others leave it their launches. */
export class SingleInstance {
  readonly #onLaunch: (argv: string[], folder: string, data: unknown) => void;
  #lock: { file: string; watcher: FSWatcher } | undefined;

  constructor(onLaunch: (argv: string[], folder: string, data: unknown) => void) {
    this.#onLaunch = onLaunch;
  }

  request(folder: string, data: unknown): boolean {
    if (this.#lock !== undefined) return true;
    const launches = path.join(folder, 'launches');
    mkdirSync(launches, { recursive: true });
    const file = path.join(folder, 'SingletonLock');
    if (existsSync(file)) {
      const launch = JSON.stringify({ argv: process.argv, folder: process.cwd(), data });
      const name = `${process.pid}-${performance.now()}`;
      writeFileSync(path.join(launches, name), launch);
      return false;
    }
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    const watcher = watch(launches, () => this.#take(launches));
    this.#lock = { file, watcher };
    return true;
  }

  release(): void {
    this.#lock?.watcher.close();
    if (this.#lock !== undefined) rmSync(this.#lock.file, { force: true });
    this.#lock = undefined;
  }

  #take(launches: string): void {
    for (const name of readdirSync(launches)) {
      const text = readFileSync(path.join(launches, name), 'utf8');
      // Half of it is written: the other half calls again.
      if (!text.endsWith('}')) continue;
      rmSync(path.join(launches, name));
      const { argv, folder, data } = JSON.parse(text) as { argv: string[]; folder: string; data: unknown };
      this.#onLaunch(argv, folder, data);
    }
  }
}
