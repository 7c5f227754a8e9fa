import { describe, expect, test } from 'vitest';
import { MachineZone, machineTimezone, zoneOf } from '../../../electron/scheduler/trigger/zones.ts';
import { inTimezone } from '../../support/in-timezone.ts';

const HOUR = 3_600_000;

describe('the machine’s own zone', () => {
  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Kolkata', 'UTC'])(
    'has the offsets and changes of %s',
    (name) => {
      inTimezone(name);
      expect(machineTimezone()).toBe(new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone);
      const [own, named] = [zoneOf(null), zoneOf(name)];
      const other: number[] = [];
      for (let at = Date.UTC(2005, 0, 1); at < Date.UTC(2032, 0, 1); at += HOUR) {
        if (own.stretchAt(at).offset !== named.stretchAt(at).offset) other.push(at);
      }
      expect(other).toEqual([]);
    },
  );

  test('is another one after a journey, and JavaScript’s clock is told to read the setting again', async () => {
    const machine = { environment: undefined as string | undefined, setting: 'zoneinfo/Europe/Berlin', reads: 0 };
    const zone = new MachineZone({
      environment: () => machine.environment,
      setting: () => machine.setting,
      readAgain: () => (machine.reads += 1),
    });
    const home = zone.zone;
    expect(zone.zone).toBe(home);
    machine.setting = 'zoneinfo/Asia/Tokyo';
    await expect.poll(() => zone.zone, { timeout: 10_000 }).not.toBe(home);
    const abroad = zone.zone;
    expect(machine.reads).toBe(1);
    // TZ goes before it, and counts at once; nobody reads a setting then.
    machine.environment = 'UTC';
    expect(zone.zone).not.toBe(abroad);
    expect(machine.reads).toBe(1);
  });

  test('is UTC where TZ names none', () => {
    inTimezone('Nowhere/At_All');
    expect(machineTimezone()).toBe('UTC');
    expect(zoneOf(null).stretchAt(Date.UTC(2026, 5, 1)).offset).toBe(0);
  });
});
