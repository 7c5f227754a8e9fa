import type { Job } from '../../electron/api/api.ts';
import { nameOf } from './jobs.svelte.ts';

interface FailuresPorts {
  /** Whether the system tells of failures itself. */
  readonly isTold: () => boolean;
  /** Whether the person looks at this run. */
  readonly isSeen: (run: number, job: string, number: number) => boolean;
  /** What the failed task said; null where nothing is known. */
  readonly errorOf: (run: number) => Promise<string | null>;
  tell(text: string, run: { id: number; state: 'failed' | 'timed-out' }): void;
}

const isFailure = (state: string | undefined) => state === 'failed' || state === 'timed-out';

/**
 * Tells of a run that failed while the window is open and something else is looked at; of a change only, as notifications do: what
 * failed before and fails again says nothing. What had ended when the window was opened is no news either.
 */
export class Failures {
  readonly #ports: FailuresPorts;
  /** The last run of each job that ended; undefined until the jobs are known. */
  #last: Map<string, number | undefined> | undefined;

  constructor(ports: FailuresPorts) {
    this.#ports = ports;
  }

  /** The jobs as they are now. */
  look(jobs: readonly Job[]): void {
    const before = this.#last;
    this.#last = new Map(jobs.map((job) => [job.id, job.last?.id]));
    if (before === undefined || this.#ports.isTold()) return;
    for (const { id, last, strip } of jobs) {
      if (last === null || last.id === before.get(id) || !before.has(id)) continue;
      const { state } = last;
      if (state !== 'failed' && state !== 'timed-out') continue;
      const place = strip.findIndex((run) => run.id === last.id);
      if (isFailure(strip[place - 1]?.state) || this.#ports.isSeen(last.id, id, last.number)) continue;
      void this.#tell(id, { ...last, state });
    }
  }

  async #tell(job: string, run: { id: number; number: number; state: 'failed' | 'timed-out' }): Promise<void> {
    const error = await this.#ports.errorOf(run.id).catch(() => null);
    const what = run.state === 'failed' ? 'failed' : 'timed out';
    this.#ports.tell(`${nameOf(job)} #${run.number} ${what}${error === null ? '.' : `: ${error}`}`, run);
  }
}
