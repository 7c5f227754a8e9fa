import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seenOnce, unmetConditions, untellable } from '../../electron/scheduler/conditions.ts';
import type { Machine } from '../../electron/scheduler/machine.ts';
import { hasNetwork, nodeMachine, powerOf } from '../../electron/scheduler/node-machine.ts';
import { StayAwake } from '../../electron/scheduler/run/stay-awake.ts';
import { temporaryFolder } from './store/temporary-state.ts';

const machine = (over: Partial<Machine> = {}): Machine => ({
  power: () => 'battery',
  idleMs: () => 60_000,
  isOnline: () => false,
  keepAwake: null,
  ...over,
});
const all = { power: 'ac', idleMs: 300_000, online: true } as const;

test('all that does not hold is named, and what holds is not', () => {
  expect(unmetConditions(all, machine())).toBe(
    'for power and for a network and until nobody has used the machine for 5m',
  );
  expect(unmetConditions(all, machine({ power: () => 'ac', isOnline: () => true }))).toBe(
    'until nobody has used the machine for 5m',
  );
  const fine = machine({ power: () => 'ac', isOnline: () => true, idleMs: () => 300_000 });
  expect(unmetConditions(all, fine)).toBeNull();
  expect(unmetConditions({ power: null, idleMs: null, online: null }, machine())).toBeNull();
});

test('what the machine cannot tell holds, and is named for doctor', () => {
  const blind = machine({ power: () => null, idleMs: () => null, isOnline: () => null });
  expect(unmetConditions(all, blind)).toBeNull();
  expect(untellable({ when: all, keepAwake: true }, blind)).toEqual([
    'when.power',
    'when.idle',
    'when.online',
    'keep_awake',
  ]);
  expect(untellable({ when: all, keepAwake: true }, machine({ keepAwake: () => () => {} }))).toEqual([]);
});

test('each question is put to the machine once, however many runs wait', () => {
  let asked = 0;
  const once = seenOnce(machine({ power: () => (asked++, 'battery') }));
  for (let run = 0; run < 3; run += 1) unmetConditions(all, once);
  expect(asked).toBe(1);
});

test.each([
  ['a desktop', {}, 'ac'],
  ['a laptop on mains', { AC: { type: 'Mains', online: '1' }, BAT0: { type: 'Battery', status: 'Discharging' } }, 'ac'],
  [
    'on its battery',
    { AC: { type: 'Mains', online: '0' }, BAT0: { type: 'Battery', status: 'Discharging' } },
    'battery',
  ],
  ['charged over USB', { usb: { type: 'USB', online: '1' }, BAT0: { type: 'Battery', status: 'Charging' } }, 'ac'],
  ['a desktop with a mouse', { mouse: { type: 'Battery', scope: 'Device', status: 'Discharging' } }, 'ac'],
] as const)('power of %s', async (_name, supplies, power) => {
  const folder = await temporaryFolder();
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`);
  }
  expect(powerOf(folder)).toBe(power);
});

test('a machine without power supplies to read cannot tell', async () => {
  expect(powerOf(join(await temporaryFolder(), 'none'))).toBeNull();
  expect(nodeMachine().idleMs()).toBeNull();
});

test('an engine’s own network, this machine’s loop and addresses of one wire are no network', () => {
  const address = (value: string, internal = false) => [{ address: value, internal }] as never;
  const none = { lo: address('127.0.0.1', true), docker0: address('172.17.0.1'), eth0: address('169.254.3.4') };
  expect(hasNetwork(none)).toBe(false);
  expect(hasNetwork({ ...none, wlan0: address('fe80::1') })).toBe(false);
  expect(hasNetwork({ ...none, wlan0: address('192.168.1.7') })).toBe(true);
});

test('the machine is held awake from the first run to the end of the last', () => {
  const told: string[] = [];
  const awake = new StayAwake({ keepAwake: () => (told.push('hold'), () => void told.push('release')) });
  const [first, second] = [awake.begin(), awake.begin()];
  first();
  expect(told).toEqual(['hold']);
  second();
  awake.begin()();
  expect(told).toEqual(['hold', 'release', 'hold', 'release']);
});
