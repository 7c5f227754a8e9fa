import type { TaskRun, TaskStats } from '../../electron/api/api.ts';
import { NOW } from './fixture-jobs.ts';

const EVERY = 2_000;

/** What attempts of a run used, made of waves: the first works hard in bursts and fills its memory, the others less. */
export function fixtureUsage(tasks: readonly TaskRun[]): TaskStats[] {
  return tasks
    .filter(({ startedAt }) => startedAt !== null)
    .map((task, index) => {
      const until = task.endedAt ?? NOW;
      const at = Array.from(
        { length: Math.floor((until - task.startedAt!) / EVERY) },
        (_, place) => task.startedAt! + EVERY * (place + 1),
      );
      const share = (place: number): number => place / at.length;
      return {
        taskRunId: task.id,
        at,
        cpu: at.map((_, place) =>
          Math.max(0.02, (1.2 - 0.5 * index) * (0.6 + 0.4 * Math.sin(place / 2 + index)) * (place % 9 < 7 ? 1 : 0.2)),
        ),
        memory: at.map((_, place) =>
          Math.round((90 + 380 * Math.min(1, 1.4 * share(place)) + 8 * Math.sin(place)) * 1e6 * (1 - 0.3 * index)),
        ),
        cpuLimit: index === 2 ? null : 1.5,
        memoryLimit: index === 2 ? null : 512e6,
      };
    });
}
