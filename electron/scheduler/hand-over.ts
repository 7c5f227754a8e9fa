import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from './failure.ts';
import type { Lease } from './lease.ts';
import { needsMigration } from './store/open-database.ts';

/** An older instance lets go within milliseconds, or after the hours that a run may take: we look often at first. */
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;

/**
 * Resolves when this instance schedules. An older one is asked, stops scheduling, and finishes its runs beside us. Failure
 * `closed` where this instance is told to end before.
 */
export async function takeLease(lease: Lease, isClosing: () => boolean): Promise<void> {
  assertOpen(isClosing);
  for (let waitMs = FIRST_WAIT_MS; !lease.tryTakeLease(); waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    lease.askForLease();
    await delay(waitMs);
    assertOpen(isClosing);
  }
}

/** A migration would pull the database from under an older instance, so that one drains to its end first. */
export async function waitForOlderShape(lease: Lease, database: string, isClosing: () => boolean): Promise<void> {
  if (!needsMigration(database)) return;
  while (lease.others().length > 0) {
    lease.askForLease();
    await delay(LONGEST_WAIT_MS);
    assertOpen(isClosing);
  }
}

function assertOpen(isClosing: () => boolean): void {
  if (isClosing()) throw new Failure('closed', 'Nightjar was told to end before it had started.');
}
