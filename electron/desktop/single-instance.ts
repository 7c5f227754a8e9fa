import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { app } from 'electron';
import { z } from 'zod';
import { isNewer } from './versions.ts';

/**
 * One desktop a data folder. A second launch of the same version, or of an older one, hands over to the one that is there, which
 * comes to the front. A newer version takes over: the older one gives its lock up at once, and then drains; the scheduler's lease,
 * in the data folder, decides who schedules meanwhile.
 */
const launchSchema = z.object({ version: z.string() });

/** How long an older version may take to let go; it does so in the turn in which it hears of us. */
const TAKE_OVER_MS = 10_000;
const POLL_MS = 100;

/** Resolves with false where another Nightjar is there and shows itself instead. The folder is Electron's own for user data. */
export async function claimDesktop(version: string, userData: string): Promise<boolean> {
  mkdirSync(userData, { recursive: true, mode: 0o700 });
  const versionFile = path.join(userData, 'version');
  const giveUpAt = performance.now() + TAKE_OVER_MS;
  while (!app.requestSingleInstanceLock({ version })) {
    const other = readVersion(versionFile);
    if (other === undefined || !isNewer(version, other) || performance.now() > giveUpAt) return false;
    await delay(POLL_MS);
  }
  writeFileSync(versionFile, version);
  return true;
}

export interface LaunchPorts {
  readonly version: string;
  onSecondLaunch(): void;
  /** A newer version is about to take over; the lock is free already. */
  onTakenOver(): void;
}

export function watchLaunches({ version, onSecondLaunch, onTakenOver }: LaunchPorts): void {
  app.on('second-instance', (_event, _argv, _folder, about) => {
    const launch = launchSchema.safeParse(about);
    if (!launch.success || !isNewer(launch.data.version, version)) {
      onSecondLaunch();
      return;
    }
    app.releaseSingleInstanceLock();
    onTakenOver();
  });
}

function readVersion(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // It is just starting, or is from before there was such a file: then it is not known to be older.
    return undefined;
  }
}
