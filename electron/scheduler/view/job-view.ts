import type { Job, Upcoming } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import { describeStartRules } from '../conditions.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { JobEntry } from '../job-file/job-table.ts';
import { stillFitting } from '../job-file/param-values.ts';
import type { JobManager } from '../job-manager.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { missingEnvironment } from '../run/environment.ts';
import type { SecretsWatch } from '../secrets/secrets-watch.ts';
import { Slices } from '../slices.ts';
import type { LastParamsStore } from '../store/last-params-store.ts';
import type { RunStore } from '../store/run-store.ts';
import { ALL_JOBS, type Pause, type ScheduleStore } from '../store/schedule-store.ts';
import { closedHoursOf } from '../trigger/closed-hours.ts';
import { parseSchedule } from '../trigger/cron.ts';
import { describeAfter, describeSchedule } from '../trigger/describe.ts';
import { machineTimezone } from '../trigger/zones.ts';
import { upcomingOf, type Coming } from './upcoming.ts';

export interface JobViewPorts {
  readonly clock: Clock;
  readonly entries: () => readonly JobEntry[];
  /** When the last valid version of a job's file was first seen. */
  readonly validSince: (job: string) => number | null;
  readonly manager: JobManager;
  readonly queue: JobQueue;
  readonly runs: RunStore;
  readonly schedules: ScheduleStore;
  readonly lastParams: LastParamsStore;
  readonly host: () => NodeJS.ProcessEnv;
  readonly secrets: Pick<SecretsWatch, 'missing'>;
  readonly startedAt: number;
}

interface Past {
  readonly strip: Job['strip'];
  readonly last: Job['last'];
  readonly medianMs: number | null;
}

type Written = Pick<Job, 'pipelineName' | 'description' | 'schedules' | 'after' | 'startRules'>;

/** What a menu shows of a job. */
export interface BriefJob extends Pick<Job, 'id' | 'pipelineName' | 'nextDueAt'> {
  /** It has a definition that can run. */
  readonly canRun: boolean;
}

/** What the window and `list` show of the jobs. A job's past is read once and again when one of its runs has ended. */
export class JobView {
  readonly #ports: JobViewPorts;
  readonly #pasts = new Map<string, Past>();
  /** What only an edit of the file changes: a list of 10,000 jobs is asked for at every change of the queue. */
  readonly #written = new WeakMap<JobDefinition, Written>();

  constructor(ports: JobViewPorts) {
    this.#ports = ports;
  }

  /** A run of the job has ended. */
  forget(job: string): void {
    this.#pasts.delete(job);
  }

  medianOf(job: string): number | null {
    return this.#pastOf(job).medianMs;
  }

  list(): Job[] {
    return [...this.#each()];
  }

  /** Of each job what costs next to nothing, for who asks at every change. */
  brief(): BriefJob[] {
    const pauses = this.#ports.schedules.pauses();
    return this.#ports.entries().map(({ id, definition, problems }) => ({
      id,
      pipelineName: definition?.pipelineName ?? nameOfFile(id),
      nextDueAt: definition === null ? null : this.#nextDueOf(definition, this.#pauseOf(definition, pauses)),
      canRun: definition !== null && !problems.some(({ severity }) => severity === 'error'),
    }));
  }

  /** As `list`; others have their turn in between, and what changes meanwhile may be in it or not. */
  async listInTurns(): Promise<Job[]> {
    const jobs: Job[] = [];
    const slices = new Slices();
    // The first time this is a slice of its own: Intl takes 15 ms to begin with.
    machineTimezone();
    if (slices.isOver) await slices.rest();
    for (const job of this.#each()) {
      jobs.push(job);
      if (slices.isOver) await slices.rest();
    }
    return jobs;
  }

  *#each(): Generator<Job, void, undefined> {
    const { queue, runs, schedules, entries } = this.#ports;
    const running = new Map(queue.running().map((run) => [run.job, run.id]));
    const waiting = runs.waitingJobs();
    const pauses = schedules.pauses();
    for (const entry of entries()) yield this.#job(entry, running.get(entry.id), waiting.has(entry.id), pauses);
  }

  /** Coming occurrences of all jobs, in order, without those that a pause or the user took out; upcoming.ts says how many. */
  upcoming(hours: number, limit: number): Promise<Upcoming> {
    const now = this.#ports.clock.now();
    const pauses = this.#ports.schedules.pauses();
    const due = this.#ports.entries().flatMap(({ definition }) => {
      if (definition === null || definition.scheduler.length === 0) return [];
      const pause = this.#pauseOf(definition, pauses);
      if (pause !== null && pause.untilAt === null) return [];
      return [{ definition, fromAt: Math.max(pause?.untilAt ?? now, now) }];
    });
    return upcomingOf(due.length, this.#coming(due), now + hours * 3_600_000, limit);
  }

  *#coming(due: readonly { readonly definition: JobDefinition; readonly fromAt: number }[]): Generator<Coming> {
    const takenOut = Map.groupBy(this.#ports.schedules.plannedSkips(), ({ job }) => job);
    for (const { definition, fromAt } of due) {
      const { id, scheduler, timezone, notBetween } = definition;
      yield {
        job: id,
        schedules: scheduler.flatMap((expression) => {
          const parsed = parseSchedule(expression, timezone);
          return parsed.ok ? [parsed.schedule] : [];
        }),
        closed: closedHoursOf(notBetween, timezone),
        fromAt,
        takenOut: new Set(takenOut.get(id)?.map(({ dueAt }) => dueAt)),
        medianMs: () => this.medianOf(id),
      };
    }
  }

  #job(entry: JobEntry, runningRun: number | undefined, isWaiting: boolean, pauses: ReadonlyMap<string, Pause>): Job {
    const { definition, id, file } = entry;
    const { strip, last, medianMs } = this.#pastOf(id);
    const common = { id, file, strip, last, medianMs, runningRun: runningRun ?? null, problems: [...entry.problems] };
    if (definition === null) {
      return {
        ...common,
        pipelineName: nameOfFile(id),
        description: null,
        validSinceAt: null,
        schedules: [],
        after: [],
        startRules: [],
        timezone: machineTimezone(),
        nextDueAt: null,
        state: runningRun === undefined ? 'problem' : 'running',
        pause: null,
        missingEnvironment: [],
        missingSecrets: [],
        params: [],
      };
    }
    const pause = this.#pauseOf(definition, pauses);
    return {
      ...common,
      ...this.#writtenOf(definition),
      validSinceAt: entry.isCurrent ? null : this.#ports.validSince(id),
      params: this.#paramsOf(definition),
      timezone: definition.timezone ?? machineTimezone(),
      nextDueAt: this.#nextDueOf(definition, pause),
      state: runningRun !== undefined ? 'running' : isWaiting ? 'waiting' : pause !== null ? 'paused' : 'idle',
      pause,
      missingEnvironment: missingEnvironment(definition, this.#ports.host()),
      missingSecrets: this.#ports.secrets.missing(definition.secrets),
    };
  }

  #writtenOf(definition: JobDefinition): Written {
    const { pipelineName, description, scheduler } = definition;
    const known = this.#written.get(definition);
    if (known !== undefined) return known;
    const written: Written = {
      pipelineName,
      description,
      schedules: scheduler.map((expression) => ({ expression, words: describeSchedule(expression) })),
      after: definition.after.map(describeAfter),
      startRules: describeStartRules(definition),
    };
    this.#written.set(definition, written);
    return written;
  }

  #paramsOf(definition: JobDefinition): Job['params'] {
    const params = Object.entries(definition.params);
    if (params.length === 0) return [];
    const last = stillFitting(definition, this.#ports.lastParams.of(definition.id));
    return params.map(([name, { type, default: preset, choices, description }]) => ({
      name,
      type,
      default: preset,
      choices: [...choices],
      description,
      last: last[name] ?? null,
    }));
  }

  #nextDueOf({ id }: JobDefinition, pause: Job['pause']): number | null {
    const isPausedForGood = pause !== null && pause.untilAt === null;
    return isPausedForGood ? null : this.#ports.manager.nextDueOf(id);
  }

  #pauseOf(definition: JobDefinition, pauses: ReadonlyMap<string, Pause>): Job['pause'] {
    if (definition.paused) return { sinceAt: this.#ports.startedAt, untilAt: null, by: 'file' };
    const own = pauses.get(definition.id);
    const all = pauses.get(ALL_JOBS);
    const endOf = (pause: Pause | undefined): number => (pause === undefined ? 0 : (pause.untilAt ?? Infinity));
    // Of two the one that lasts.
    if (own !== undefined && endOf(own) >= endOf(all)) return { ...own, by: 'window' };
    return all === undefined ? null : { ...all, by: 'all' };
  }

  #pastOf(job: string): Past {
    let past = this.#pasts.get(job);
    if (past === undefined) {
      const { runs } = this.#ports;
      const last = runs.lastEnded(job) ?? null;
      const strip = last === null ? [] : runs.stripOf(job, 20);
      past = { strip, last, medianMs: last === null ? null : runs.medianOf(job) };
      this.#pasts.set(job, past);
    }
    return past;
  }
}

/** What a job without a definition is called. */
const nameOfFile = (id: string): string => id.slice(id.lastIndexOf('/') + 1);
