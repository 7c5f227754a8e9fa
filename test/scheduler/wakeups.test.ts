import { expect, test } from 'vitest';
import { Wakeups } from '../../electron/scheduler/wakeups.ts';
import { FakeClock } from '../support/fake-clock.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

/** Wakeups whose ticks and fills answer what `next` says, and end when `hold` lets them. */
async function running() {
  const clock = new FakeClock(NOON);
  const told: string[] = [];
  const next = { tick: Infinity, fill: Infinity, hold: Promise.resolve() };
  const wakeups = new Wakeups({
    clock,
    tick: async () => {
      told.push(`tick ${clock.now() - NOON}`);
      await next.hold;
      return next.tick;
    },
    fill: async () => {
      told.push(`fill ${clock.now() - NOON}`);
      return next.fill;
    },
    onError: (error) => told.push(String(error)),
  });
  wakeups.start({ folder: '/there/is/none' } as never, () => {});
  await settle();
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { clock, told, next, wakeups, pass };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

test('who leaves makes room at once, and what waits for a moment is ticked for then', async () => {
  const { told, next, wakeups, pass } = await running();
  next.fill = NOON + 1_200;
  wakeups.fill();
  await pass(1_199);
  expect(told).toEqual(['tick 0', 'fill 0']);
  await pass(1);
  expect(told).toEqual(['tick 0', 'fill 0', 'tick 1200']);
  await wakeups.close();
});

test('however far the clock is set back, the next tick after a fill is five seconds away', async () => {
  const { clock, told, next, wakeups, pass } = await running();
  clock.jump(-3_600_000);
  next.fill = clock.now() + 600_000;
  wakeups.fill();
  await settle();
  await pass(5_000);
  expect(told).toEqual(['tick 0', 'fill -3600000', 'tick -3595000']);
  await wakeups.close();
});

test('a fill beside a tick that may have asked before is one more tick', async () => {
  const { told, next, wakeups } = await running();
  const held = Promise.withResolvers<void>();
  next.hold = held.promise;
  wakeups.now();
  next.fill = NOON + 100;
  wakeups.fill();
  await settle();
  held.resolve();
  await settle();
  expect(told).toEqual(['tick 0', 'tick 0', 'fill 0', 'tick 0']);
  await wakeups.close();
});

test('who drains fills no more, and waits for a fill that is under way', async () => {
  const { clock, told, wakeups } = await running();
  wakeups.fill();
  await wakeups.drain();
  await settle();
  wakeups.fill();
  await settle();
  expect(told).toEqual(['tick 0', 'fill 0', 'tick 0']);
  await wakeups.close();
  expect(clock.pending).toBe(0);
});
