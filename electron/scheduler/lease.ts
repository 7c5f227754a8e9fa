import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from './clock.ts';
import { FileLock } from './file-lock.ts';

/** What an instance says of itself beside its lock; for people and for the decision who takes over, never for liveness. */
export interface InstanceInfo {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  readonly host: 'desktop' | 'headless' | 'cli';
  readonly startedAt: number;
}

/** A look may hold a lock for a moment; nobody holds a fresh instance's longer than that. */
const LOOK_MS = 2_000;

/**
 * One instance's place among those that share a data folder: that it lives, who else does, and who schedules.
 *
 * Each instance holds the lock `locks/<id>.lock` until it ends; the one that schedules holds `locks/lease.lock` too. Both are the
 * operating system's (file-lock.ts), so a kill -9 frees them at once, and a machine that slept has lost nothing. `locks/<id>.json` is
 * written after the lock is taken and ids are never used twice: a description without a held lock is a dead instance's for ever.
 * All of it is beside the database, because a newer version must talk to an older one before it may migrate the database.
 *
 * The hand-over: the newer calls `askForLease` and tries `tryTakeLease` until it succeeds; the older finds `leaseIsWanted`, stops
 * scheduling and calls `releaseLease`; its runs go on under its id until it closes.
 */
export class Lease {
  /** Owner of the runs that this instance claims. */
  readonly instance: string;
  readonly #folder: string;
  readonly #life: FileLock;
  #lease: FileLock | undefined;

  private constructor(folder: string, instance: string, life: FileLock) {
    this.#folder = folder;
    this.instance = instance;
    this.#life = life;
  }

  /** Joins the data folder's instances, and sweeps away what dead ones left. */
  static open(dataFolder: string, about: Pick<InstanceInfo, 'version' | 'host'> & { clock: Clock }): Lease {
    const folder = path.join(dataFolder, 'locks');
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const id = randomUUID();
    const life = FileLock.tryTake(path.join(folder, `${id}.lock`), LOOK_MS);
    if (life === undefined) throw new Error(`The lock of the fresh instance ${id} in ${folder} is held by another.`);
    const lease = new Lease(folder, id, life);
    const { version, host, clock } = about;
    const info: InstanceInfo = { id, pid: process.pid, version, host, startedAt: clock.now() };
    writeWhole(lease.#infoFile(id), JSON.stringify(info));
    for (const dead of lease.#described().filter((other) => !lease.isAlive(other))) lease.#remove(dead);
    return lease;
  }

  /** Where locks and requests are; whoever holds the lease watches it for `lease.wanted`. */
  get folder(): string {
    return this.#folder;
  }

  get isHeld(): boolean {
    return this.#lease !== undefined;
  }

  /** Whether this instance is the one that schedules, now or already. Never waits. */
  tryTakeLease(): boolean {
    this.#lease ??= FileLock.tryTake(path.join(this.#folder, 'lease.lock'));
    if (this.#lease !== undefined && this.#wanted() === this.instance) fs.rmSync(this.#wantedFile(), { force: true });
    return this.isHeld;
  }

  /** Lets the holder know that this instance wants to schedule; of two who ask, the later one is heard. */
  askForLease(): void {
    writeWhole(this.#wantedFile(), this.instance);
  }

  /** Whether another living instance asks for the lease. */
  leaseIsWanted(): boolean {
    const wanted = this.#wanted();
    return wanted !== undefined && wanted !== this.instance && this.isAlive(wanted);
  }

  /** When draining begins: this instance schedules nothing more, and lives on for the runs that it has begun. */
  releaseLease(): void {
    this.#lease?.release();
    this.#lease = undefined;
  }

  isAlive(instance: string): boolean {
    return instance === this.instance || !FileLock.isFree(this.#lockFile(instance));
  }

  /** Those of `owners` that are dead: their runs are to be recovered. */
  deadOwners(owners: readonly string[]): string[] {
    return owners.filter((owner) => !this.isAlive(owner));
  }

  /** The other living instances, oldest first. */
  others(): InstanceInfo[] {
    return this.#described()
      .filter((id) => id !== this.instance && this.isAlive(id))
      .flatMap((id) => this.#read(id) ?? [])
      .sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Gives everything up. What this instance left running is dead to the others from now on. */
  close(): void {
    this.releaseLease();
    this.#life.release();
    this.#remove(this.instance);
  }

  /** The description last: a crash in between leaves one without a lock, which is swept. */
  #remove(instance: string): void {
    fs.rmSync(this.#lockFile(instance), { force: true });
    fs.rmSync(this.#infoFile(instance), { force: true });
  }

  /** Ids of the instances that have begun, living and dead. */
  #described(): string[] {
    return fs
      .readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length));
  }

  /** Undefined where the instance ended while it was looked for. */
  #read(instance: string): InstanceInfo | undefined {
    const text = readIfThere(this.#infoFile(instance));
    return text === undefined ? undefined : (JSON.parse(text) as InstanceInfo);
  }

  #wanted(): string | undefined {
    return readIfThere(this.#wantedFile());
  }

  #lockFile(instance: string): string {
    return path.join(this.#folder, `${instance}.lock`);
  }

  #infoFile(instance: string): string {
    return path.join(this.#folder, `${instance}.json`);
  }

  #wantedFile(): string {
    return path.join(this.#folder, 'lease.wanted');
  }
}

/** Readers find the old text or the new one, never half of it. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}.draft`;
  fs.writeFileSync(draft, text, { mode: 0o600 });
  fs.renameSync(draft, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
