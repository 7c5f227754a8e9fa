import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What is kept aside so that the states of the runs can be written when the disk is full (product.md, Disk full). */
const RESERVE_BYTES = 8 * 1024 * 1024;

/** Runs are dispatched again when the reserve and as much again fits. */
const ENOUGH_BYTES = 4 * RESERVE_BYTES;

/**
 * A file of 8 MiB in the data folder that is given up when the disk is full and made again when there is room. It holds zeros
 * that were written, not a hole: a hole reserves nothing.
 */
export class DiskReserve {
  readonly #file: string;
  readonly #folder: string;
  readonly #onFull: () => void;
  #isFull = false;

  /** `onFull` is told when a write found the disk full, after that write was tried again. */
  constructor(dataFolder: string, onFull: () => void) {
    this.#onFull = onFull;
    this.#folder = dataFolder;
    this.#file = join(dataFolder, 'reserve');
  }

  /** True from the first sign of a full disk until there is room again. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Makes the reserve where it is missing. Returns whether the disk has room for it. */
  hold(): boolean {
    try {
      if (statSync(this.#file, { throwIfNoEntry: false })?.size === RESERVE_BYTES) return !this.#isFull;
      if (freeBytes(this.#folder) < ENOUGH_BYTES) {
        this.#isFull = true;
        return false;
      }
      const file = openSync(this.#file, 'w', 0o600);
      try {
        const zeros = Buffer.alloc(1024 * 1024);
        for (let written = 0; written < RESERVE_BYTES; written += zeros.length) writeSync(file, zeros);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      this.#isFull = false;
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.giveUp();
      return false;
    }
  }

  /** Frees the reserve, so that what must be written now can be. */
  giveUp(): void {
    this.#isFull = true;
    rmSync(this.#file, { force: true });
  }

  /** Runs a write that must not fail for want of room: on a full disk the reserve is freed and it is tried once more. */
  write<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.giveUp();
      try {
        return action();
      } finally {
        this.#onFull();
      }
    }
  }
}

/** Whether an error of Node or SQLite means that the disk, or the user's quota, is used up. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || code === 'disk-full';
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
