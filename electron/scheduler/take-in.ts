import type { JobsChange } from './job-file/job-table.ts';
import type { JobManager } from './job-manager.ts';
import type { LastValidStore } from './store/last-valid-store.ts';
import { turn } from './turn.ts';

/** Jobs that are taken in, or leave, at a stretch: about three milliseconds. */
const JOBS_AT_A_STRETCH = 100;

export interface TakeInPorts {
  readonly lastValid: Pick<LastValidStore, 'keep' | 'forget'>;
  readonly manager: Pick<JobManager, 'setJobs' | 'removeJobs'>;
  /** What is not taken in by then is left to the next start. */
  isOver(): boolean;
}

/** Tells those who keep jobs what changed, in turns, because a change of nightjar.yml is one of all jobs. */
export async function takeIn({ changed, removed }: JobsChange, ports: TakeInPorts): Promise<void> {
  const { lastValid, manager } = ports;
  await atStretches(removed, ports, (ids) => {
    lastValid.forget(ids);
    manager.removeJobs(ids);
  });
  await atStretches(changed, ports, (definitions) => {
    lastValid.keep(definitions);
    manager.setJobs(definitions);
  });
}

async function atStretches<T>(all: readonly T[], { isOver }: TakeInPorts, tell: (some: readonly T[]) => void) {
  for (let from = 0; from < all.length; from += JOBS_AT_A_STRETCH) {
    await turn();
    if (isOver()) return;
    tell(all.slice(from, from + JOBS_AT_A_STRETCH));
  }
}
