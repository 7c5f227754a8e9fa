import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { keptUntil, KEPT_FOR_MS } from '../../../electron/scheduler/run/keep-container.ts';
import { Shells } from '../../../electron/scheduler/kept/shells.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function shells() {
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const terminal = new PassThrough();
  const grown: number[] = [];
  let closed = 0;
  const opening = Promise.withResolvers<void>();
  let isHeld = false;
  const all = new Shells({
    clock,
    open: async () => {
      if (isHeld) await opening.promise;
      return { terminal, resize: async () => {}, close: async () => void (closed += 1) };
    },
    grew: (shell) => grown.push(shell),
    bug: (error) => expect.fail(String(error)),
  });
  return { clock, terminal, grown, all, opening, hold: () => (isHeld = true), closed: () => closed };
}

const SIZE = { columns: 80, rows: 24 };

test('what a shell shows is read without a gap, whoever asks twice; characters in two pieces stay whole', async () => {
  const { terminal, all } = shells();
  const id = await all.open(1, SIZE);
  const euro = Buffer.from('a€b');
  terminal.write(euro.subarray(0, 2));
  await expect.poll(() => all.read(id, 0).text).toBe('a');
  terminal.write(euro.subarray(2));
  await expect.poll(() => all.read(id, 0).text).toBe('a€b');
  expect(all.read(id, 1)).toEqual({ from: 1, text: '€b', ended: null });
  // What was confirmed is gone; whoever asks for it learns from where there is text.
  expect(all.read(id, 0)).toEqual({ from: 1, text: '€b', ended: null });
  await all.closeAll();
});

test('what nobody reads makes the shell wait, and costs no memory; its end is told after its last word', async () => {
  const { terminal, all, closed, grown } = shells();
  const id = await all.open(1, SIZE);
  const block = 'x'.repeat(64 * 1024);
  for (let index = 0; index < 40; index++) terminal.write(block);
  await expect.poll(() => terminal.isPaused()).toBe(true);
  expect(grown.length).toBeLessThan(10);
  terminal.end();
  let at = 0;
  let ended: string | null = null;
  await expect
    .poll(
      () => {
        const piece = all.read(id, at);
        at = piece.from + piece.text.length;
        ended = piece.ended;
        return ended;
      },
      { interval: 1 },
    )
    .toBe('The shell has ended.');
  expect(at).toBe(40 * block.length);
  expect(closed()).toBe(1);
  await all.closeAll();
});

test('a shell that nobody looks at any more is closed; so is one whose container goes, with the reason', async () => {
  const { clock, all } = shells();
  const [left, watched, going] = [await all.open(1, SIZE), await all.open(2, SIZE), await all.open(3, SIZE)];
  all.endOf(3, 'Its hour is over: the container was removed.');
  expect(all.read(going, 0).ended).toBe('Its hour is over: the container was removed.');
  for (let minutes = 0; minutes < 10; minutes++) {
    clock.advance(60_000);
    all.read(watched, 0);
  }
  expect(() => all.read(left, 0)).toThrow('This shell is closed');
  await all.closeAll();
  expect(clock.pending).toBe(0);
});

test.each([
  ['on-failure', 'failed', true],
  ['on-failure', 'timed-out', true],
  ['on-failure', 'succeeded', false],
  ['on-failure', 'cancelled', false],
  ['always', 'succeeded', true],
  ['always', 'interrupted', false],
  ['never', 'failed', false],
] as const)('%s keeps the container of a task that %s: %s', (keep, state, isKept) => {
  const docker = { executor: 'docker' } as const;
  const exited = { kind: 'exited', exitCode: 1 } as const;
  expect(keptUntil(keep, docker, state, exited, 1_000)).toBe(isKept ? 1_000 + KEPT_FOR_MS : null);
  expect(keptUntil(keep, { executor: 'process' }, state, exited, 0)).toBeNull();
  expect(keptUntil(keep, docker, state, { kind: 'could-not-start', reason: 'x' }, 0)).toBeNull();
});

test('a shell that opens while Nightjar ends is closed again, and nothing waits for it', async () => {
  const { clock, all, closed, hold, opening } = shells();
  hold();
  const late = all.open(1, SIZE);
  await all.closeAll();
  opening.resolve();
  await expect(late).rejects.toMatchObject({ code: 'no-such-shell' });
  expect(closed()).toBe(1);
  expect(clock.pending).toBe(0);
  await expect(all.open(2, SIZE)).rejects.toMatchObject({ code: 'no-such-shell' });
});
