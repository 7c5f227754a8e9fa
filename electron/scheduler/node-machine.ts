import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

/** Where Linux tells of its power supplies. */
const POWER_SUPPLIES = '/sys/class/power_supply';

/** Networks that engines and hypervisors make for their guests lead nowhere. */
const FOR_GUESTS = /^(docker|br-|veth|virbr|vnet|podman|cni|vmnet|vboxnet)/;

/** What plain Node can tell of a machine: power on Linux, the network everywhere. Nobody's hands, and no sleep. */
export function nodeMachine(): Machine {
  return {
    power: () => (process.platform === 'linux' ? powerOf(POWER_SUPPLIES) : null),
    idleMs: () => null,
    isOnline: () => hasNetwork(networkInterfaces()),
    keepAwake: null,
  };
}

/**
 * A supply that feeds the machine (Mains, USB) and is online: `ac`. Else a battery that discharges: `battery`. Without either there
 * is nothing that could run empty. Null where the folder cannot be read.
 * https://docs.kernel.org/admin-guide/abi-testing.html (sysfs-class-power)
 */
export function powerOf(folder: string): 'ac' | 'battery' | null {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // A container, or a kernel without the class.
    return null;
  }
  const supplies = names.map((name) => ({
    type: read(folder, name, 'type'),
    isOnline: read(folder, name, 'online') === '1',
    status: read(folder, name, 'status'),
    // A mouse has a battery too.
    isOfDevice: read(folder, name, 'scope') === 'Device',
  }));
  if (supplies.some(({ type, isOnline }) => isOnline && (type === 'Mains' || type?.startsWith('USB')))) return 'ac';
  return supplies.some((one) => one.type === 'Battery' && !one.isOfDevice && one.status === 'Discharging')
    ? 'battery'
    : 'ac';
}

function read(...path: string[]): string | null {
  try {
    return readFileSync(join(...path), 'utf8').trim();
  } catch {
    // Not every supply has every file.
    return null;
  }
}

/** Whether an interface that leads out of the machine is up and has an address that reaches further than its own wire. */
export function hasNetwork(interfaces: ReturnType<typeof networkInterfaces>): boolean {
  return Object.entries(interfaces).some(
    ([name, addresses = []]) =>
      !FOR_GUESTS.test(name) &&
      addresses.some(({ internal, address }) => !internal && !/^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address)),
  );
}
