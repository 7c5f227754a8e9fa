import { expect, test } from 'vitest';
import type { JobDefinition } from '../../electron/scheduler/job-file/definition.ts';
import { takeIn } from '../../electron/scheduler/take-in.ts';
import { job } from '../support/definitions.ts';

/** Notes who was told of how many; each call takes `ms`. */
function telling(ms: number, isOver: () => boolean = () => false) {
  const told: (readonly [string, number])[] = [];
  const note = (what: string) => (some: readonly unknown[]) => {
    told.push([what, some.length]);
    for (const end = performance.now() + ms; performance.now() < end;);
  };
  const lastValid = { keep: note('keep'), forget: note('forget') };
  const manager = { setJobs: note('set'), removeJobs: note('remove') };
  return { told, ports: { lastValid, manager, isOver } };
}

const jobs = (count: number): JobDefinition[] => Array.from({ length: count }, (_, index) => job(`j${index}`));
const ids = (count: number): string[] => jobs(count).map(({ id }) => id);

test('a change of many jobs is told in stretches, what is gone first, and others have their turn in between', async () => {
  const { told, ports } = telling(3);
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  await takeIn({ changed: jobs(250), removed: ids(101) }, ports);
  clearInterval(others);
  const twice = (some: readonly number[], [first, second]: readonly [string, string]) =>
    some.flatMap((count) => [
      [first, count],
      [second, count],
    ]);
  expect(told).toEqual([...twice([100, 1], ['forget', 'remove']), ...twice([100, 100, 50], ['keep', 'set'])]);
  expect(turns).toBeGreaterThanOrEqual(3);
});

test('who closes meanwhile is not waited for to take in the rest', async () => {
  const { told, ports } = telling(0, () => told.length >= 4);
  await takeIn({ changed: jobs(1_000), removed: [] }, ports);
  expect(told).toHaveLength(4);
});
