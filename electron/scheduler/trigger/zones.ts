import { readlinkSync, statSync } from 'node:fs';
import { Zone, type OffsetAt } from './zone.ts';

/** What a machine's zone is read from. */
export interface ZoneSources {
  /** TZ, which goes before what the system is set to. */
  environment(): string | undefined;
  /** What the system is set to, in any words that change with it. */
  setting(): string;
  /** Makes JavaScript's own clock read the system's setting again. */
  readAgain(): void;
}

/** Reading a link costs some microseconds, and there are 10,000 schedules. */
const ANSWER_HOLDS_MS = 1_000;

/**
 * The machine's own zone, asked anew, so that a journey is noticed. Its offsets are those of `Date`: `Intl`, which knows its name, takes
 * 15 ms to begin with, and no due moment needs a name.
 */
export class MachineZone {
  readonly #sources: ZoneSources;
  #zone: Zone | undefined;
  #name: string | undefined;
  #environment: string | undefined;
  #setting: string | undefined;
  #holdsUntil = 0;

  constructor(sources: ZoneSources) {
    this.#sources = sources;
  }

  /** Another one after a journey. */
  get zone(): Zone {
    const environment = this.#sources.environment();
    const now = performance.now();
    if (this.#zone !== undefined && environment === this.#environment && now < this.#holdsUntil) return this.#zone;
    this.#holdsUntil = now + ANSWER_HOLDS_MS;
    const setting = environment === undefined ? this.#sources.setting() : undefined;
    if (this.#zone !== undefined && environment === this.#environment && setting === this.#setting) return this.#zone;
    if (this.#zone !== undefined && environment === undefined) this.#sources.readAgain();
    this.#environment = environment;
    this.#setting = setting;
    this.#name = undefined;
    return (this.#zone = new Zone(localOffsetAt));
  }

  /** As IANA has it; UTC where the machine does not know. */
  get name(): string {
    void this.zone;
    if (this.#name === undefined) {
      const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
      this.#name = name !== undefined && isTimezone(name) ? name : 'UTC';
    }
    return this.#name;
  }
}

function localOffsetAt(moment: number): number {
  const local = new Date(moment);
  const date = [local.getFullYear(), local.getMonth(), local.getDate()] as const;
  return Date.UTC(...date, local.getHours(), local.getMinutes(), local.getSeconds(), local.getMilliseconds()) - moment;
}

const LINK = '/etc/localtime';

const machine = new MachineZone({
  environment: () => process.env['TZ'],
  setting: () => whereLinkLeads() ?? ageOfCopy() ?? offsetsAnew(),
  readAgain,
});

function whereLinkLeads(): string | undefined {
  try {
    return readlinkSync(LINK);
  } catch {
    // A copy of the zone's file, or Windows.
    return undefined;
  }
}

function ageOfCopy(): string | undefined {
  const copy = statSync(LINK, { throwIfNoEntry: false });
  return copy && `${copy.ino} ${copy.mtimeMs}`;
}

/** Windows has no file to look at, so the clock is asked: zones that agree in winter and in summer of this year are one for us. */
function offsetsAnew(): string {
  readAgain();
  const year = new Date().getUTCFullYear();
  return [0, 3, 6, 9].map((month) => localOffsetAt(Date.UTC(year, month, 1))).join(' ');
}

/** Node reads the system's setting again whenever this is set or deleted (tried with 24); called only where there is nothing to delete. */
function readAgain(): void {
  delete process.env['TZ'];
}

export function machineZone(): Zone {
  return machine.zone;
}

export function machineTimezone(): string {
  return machine.name;
}

/** Throws a RangeError where the name is none of a time zone. */
function offsetsOf(name: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (moment) => {
    // 04/09/2026, 07:05:00
    const [month, day, year, hour, minute, second] = format.format(moment).split(/\D+/).map(Number);
    return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) - moment;
  };
}

const zones = new Map<string, Zone>();

/** By its IANA name; null: the machine's own, as it is now. Throws a RangeError where the name is none of a time zone. */
export function zoneOf(name: string | null): Zone {
  if (name === null) return machineZone();
  let zone = zones.get(name);
  if (zone === undefined) zones.set(name, (zone = new Zone(offsetsOf(name))));
  return zone;
}

export function isTimezone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    // Intl's own way to say no.
    return false;
  }
}
