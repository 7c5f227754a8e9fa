import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newRun, T0, temporaryState } from '../store/temporary-state.ts';

type Step =
  | { do: 'enqueue' | 'addFirst'; job: string }
  | { do: 'moveFirst' | 'claim' | 'cancel' | 'retry' | 'putBack'; at: number }
  | { do: 'move'; at: number; to: number; place: 'before' | 'after' };

const index = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('enqueue' as const, 'addFirst' as const),
      job: fc.constantFrom('a', 'b', 'c'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('moveFirst', 'claim', 'cancel', 'retry', 'putBack') as fc.Arbitrary<'claim'>,
      at: index,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      at: index,
      to: index,
      place: fc.constantFrom('before', 'after'),
    }),
  },
);

test('whatever is done to it, the queue is in the order of a simple list', async () => {
  const { db, queue } = await temporaryState();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      db.exec('BEGIN; DELETE FROM runs; DELETE FROM job_numbers; COMMIT');
      let list: { id: number; job: string }[] = [];
      const running: { id: number; job: string }[] = [];
      const without = (item: unknown) => (list = list.filter((other) => other !== item));
      for (const next of steps) {
        switch (next.do) {
          case 'enqueue':
            list.push({ id: queue.enqueue(newRun(next.job))!.id, job: next.job });
            break;
          case 'addFirst': {
            const same = list.find((run) => run.job === next.job);
            const { id } = queue.addFirst(newRun(next.job, { trigger: 'manual' }));
            list = [{ id, job: next.job }, ...without(same)];
            break;
          }
          case 'retry': {
            const run = running.shift();
            if (!run) break;
            queue.requeueForRetry({ id: run.id, from: 'running', owner: 'me', notBeforeAt: T0, reason: '' });
            list.push(run);
            break;
          }
          case 'putBack': {
            const run = running.shift();
            if (!run) break;
            queue.putBack(run.id, 'me', '');
            list.unshift(run);
            break;
          }
          default: {
            const item = list[next.at % list.length];
            if (!item) break;
            if (next.do === 'moveFirst') {
              queue.moveFirst(item.id);
              list = [item, ...without(item)];
            } else if (next.do === 'move') {
              const to = list[next.to % list.length]!;
              queue.move(item.id, to.id, next.place);
              if (to === item) break;
              without(item);
              list.splice(list.indexOf(to) + (next.place === 'after' ? 1 : 0), 0, item);
            } else {
              without(item);
              if (next.do === 'claim') running.push(item);
              if (next.do === 'claim') queue.claim(item.id, 'me', T0);
              else queue.cancelQueued(item.id, null, T0);
            }
          }
        }
        expect([...queue.waiting()].map((run) => run.id)).toEqual(list.map((run) => run.id));
      }
    }),
    { numRuns: 60 },
  );
});
