import type { Job, Occurrence } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { JobEntry } from '../job-file/job-table.ts';
import type { JobManager } from '../job-manager.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { missingEnvironment } from '../run/environment.ts';
import type { RunStore } from '../store/run-store.ts';
import { ALL_JOBS, type Pause, type ScheduleStore } from '../store/schedule-store.ts';
import { nextDue, parseSchedule } from '../trigger/cron.ts';
import { describeSchedule } from '../trigger/describe.ts';
import { machineTimezone } from '../trigger/zone.ts';

export interface JobViewPorts {
  readonly clock: Clock;
  readonly entries: () => readonly JobEntry[];
  readonly manager: JobManager;
  readonly queue: JobQueue;
  readonly runs: RunStore;
  readonly schedules: ScheduleStore;
  readonly host: () => NodeJS.ProcessEnv;
  readonly startedAt: number;
}

interface Past {
  readonly strip: Job['strip'];
  readonly last: Job['last'];
  readonly medianMs: number | null;
}

/** What the window and `list` show of the jobs. A job's past is read once and again when one of its runs has ended. */
export class JobView {
  readonly #ports: JobViewPorts;
  readonly #pasts = new Map<string, Past>();

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
    const { queue, schedules, entries } = this.#ports;
    const running = new Map(queue.running().map((run) => [run.job, run.id]));
    const waiting = new Set<string>();
    for (const { job } of queue.waiting()) waiting.add(job);
    const pauses = schedules.pauses();
    return entries().map((entry) => this.#job(entry, running.get(entry.id), waiting.has(entry.id), pauses));
  }

  /** Coming occurrences of all jobs, in order, without those that a pause or the user took out. */
  upcoming(hours: number, limit: number): Occurrence[] {
    const { clock, schedules, entries } = this.#ports;
    const now = clock.now();
    const until = now + hours * 3_600_000;
    const pauses = schedules.pauses();
    const takenOut = new Set(schedules.plannedSkips().map(({ job, dueAt }) => `${job} ${dueAt}`));
    const all: Occurrence[] = [];
    for (const { definition } of entries()) {
      if (definition === null) continue;
      const pause = this.#pauseOf(definition, pauses);
      if (pause !== null && pause.untilAt === null) continue;
      const from = pause?.untilAt ?? now;
      const moments = new Set<number>();
      for (const expression of definition.scheduler) {
        const parsed = parseSchedule(expression, definition.timezone);
        if (!parsed.ok) continue;
        for (let at = nextDue(parsed.schedule, from); at !== null && at <= until; at = nextDue(parsed.schedule, at)) {
          if (moments.size >= limit) break;
          if (!takenOut.has(`${definition.id} ${at}`)) moments.add(at);
        }
      }
      const medianMs = this.medianOf(definition.id);
      for (const dueAt of moments) all.push({ job: definition.id, dueAt, medianMs });
    }
    return all.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  #job(entry: JobEntry, runningRun: number | undefined, isWaiting: boolean, pauses: ReadonlyMap<string, Pause>): Job {
    const { definition, id, file } = entry;
    const { strip, last } = this.#pastOf(id);
    const common = { id, file, strip, last, runningRun: runningRun ?? null, problems: [...entry.problems] };
    if (definition === null) {
      return {
        ...common,
        pipelineName: id.slice(id.lastIndexOf('/') + 1),
        description: null,
        schedules: [],
        timezone: machineTimezone(),
        nextDueAt: null,
        state: runningRun === undefined ? 'problem' : 'running',
        pause: null,
        missingEnvironment: [],
        params: [],
      };
    }
    const pause = this.#pauseOf(definition, pauses);
    const isPausedForGood = pause !== null && pause.untilAt === null;
    return {
      ...common,
      pipelineName: definition.pipelineName,
      description: definition.description,
      schedules: definition.scheduler.map((expression) => ({ expression, words: describeSchedule(expression) })),
      timezone: definition.timezone ?? machineTimezone(),
      nextDueAt: isPausedForGood ? null : this.#ports.manager.nextDueOf(id),
      state: runningRun !== undefined ? 'running' : isWaiting ? 'waiting' : pause !== null ? 'paused' : 'idle',
      pause,
      missingEnvironment: missingEnvironment(definition, this.#ports.host()),
      params: Object.entries(definition.params).map(([name, param]) => ({
        name,
        type: param.type,
        default: param.default,
        choices: [...param.choices],
        description: param.description,
        last: null,
      })),
    };
  }

  #pauseOf(definition: JobDefinition, pauses: ReadonlyMap<string, Pause>): Job['pause'] {
    if (definition.paused) return { sinceAt: this.#ports.startedAt, untilAt: null, by: 'file' };
    const own = pauses.get(definition.id);
    if (own !== undefined) return { ...own, by: 'window' };
    const all = pauses.get(ALL_JOBS);
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
