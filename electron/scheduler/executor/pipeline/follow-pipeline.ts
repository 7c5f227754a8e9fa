import type { Clock } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { Outcome, RemoteJob, TaskExecution } from '../executor.ts';
import { patiently, pause, unlessAborted } from './patience.ts';
import { plainLook } from './plain-look.ts';
import { RemoteLog } from './remote-log.ts';
import { serviceErrorIn, type ServiceError } from './service-error.ts';
import type { PipelineLook, PipelineService, RemotePipeline } from './service.ts';
import { STOPPED } from '../outcomes.ts';

/** Between two looks: soon after something happened, then less and less often. */
const SHORTEST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 10_000;
/** From a cancel to its taking effect: runners have to hear of it, and scripts have an `after_script`. */
const CANCEL_WITHIN_MS = 60_000;
/** A log that the service has to send whole each time is read less often the longer that takes: a tenth of the time at most. */
const LOG_SHARE = 10;
const LONGEST_LOG_WAIT_MS = 60_000;
/** Looks after the end of a pipeline in which a job's log may still appear. */
const LATE_LOG_LOOKS = 5;

/** How often a new pipeline may be unknown to one of the service's servers, at first: with the waits between, half a minute. */
const MOST_ABSENCES = 5;
const HAS_NOT_ENDED = 'It was told to stop and has not ended yet';

/** Follows a pipeline to its end; cancels it when the task is stopped. Resolves when all that its jobs wrote is in the log. */
export class PipelineFollower {
  readonly #execution: TaskExecution;
  readonly #service: PipelineService;
  readonly #pipeline: RemotePipeline;
  readonly #clock: Clock;
  readonly #log: RemoteLog;
  readonly #jobs: Map<string, RemoteJob>;
  readonly #whole = new Set<string>();
  readonly #readAgainAt = new Map<string, number>();
  #toldWaitsFor: string | null = null;
  #lateLooks = 0;
  #hasLooked = false;
  #absences = 0;
  /** Why nothing of it can be kept any more. */
  #obstacle: unknown;

  constructor(execution: TaskExecution, service: PipelineService, pipeline: RemotePipeline, clock: Clock) {
    this.#execution = execution;
    this.#service = service;
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#log = new RemoteLog(execution.log, execution.remote, (line) => service.cleanLine(line));
    this.#jobs = new Map(execution.remote.jobs().map((job) => [job.id, job]));
  }

  async follow(): Promise<Outcome> {
    const { signal, log } = this.#execution;
    try {
      const end = await this.#toItsEnd(signal);
      if (end !== undefined) return this.#outcomeOf(end);
    } catch (thrown) {
      // What became of jobs can no longer be stored.
      if (thrown instanceof Failure) this.#obstacle ??= thrown;
      else if (!signal.aborted && this.#obstacle === undefined) {
        if (serviceErrorIn(thrown) === undefined) throw thrown;
        // A token that expired, a project that was deleted: whatever goes on there, it cannot be seen from here.
        const reason = `${this.#service.explain(thrown)} ${this.#name} may still go on: ${this.#pipeline.url}`;
        log.note(reason);
        return { kind: 'lost', reason };
      }
    }
    const outcome = await this.#cancel();
    // A full disk has stopped the run by now, and is the run's own reason.
    if (this.#obstacle !== undefined && !signal.aborted) throw this.#obstacle;
    return outcome;
  }

  get #name(): string {
    return `${this.#service.noun} ${this.#pipeline.id}`;
  }

  /** Resolves with how it ended; undefined: it is to be stopped. */
  async #toItsEnd(signal: AbortSignal): Promise<PipelineLook | undefined> {
    for (let wait = SHORTEST_LOOK_MS; ;) {
      const look = await this.#look(signal);
      const hasChanged = this.#tell(look);
      const isAllRead = await this.#readLogs(look, signal);
      if (this.#obstacle !== undefined) return undefined;
      if (look.end !== null && (isAllRead || this.#lateLooks++ >= LATE_LOG_LOOKS)) {
        if (!isAllRead) this.#execution.log.note(this.#missingLogs(look));
        return look;
      }
      wait = hasChanged || look.end !== null ? SHORTEST_LOOK_MS : Math.min(wait * 1.5, LONGEST_LOOK_MS);
      await pause(this.#clock, wait, signal);
      if (signal.aborted) return undefined;
    }
  }

  #patience(signal: AbortSignal) {
    const service = this.#service;
    const note = (text: string): void => this.#execution.log.note(text);
    const explain = (thrown: unknown): string =>
      !this.#hasLooked && serviceErrorIn(thrown)?.status === 404
        ? `${service.name} does not know ${this.#name} yet.`
        : service.explain(thrown);
    const isPassing = (error: ServiceError): boolean => this.#isPassing(error);
    return { clock: this.#clock, signal, note, explain, isPassing, name: service.name };
  }

  /** What answers in the place of the service, as a hotel's network does, goes away again; so does a new pipeline's absence. */
  #isPassing(error: ServiceError): boolean {
    if (error.isPassing || error.isForeign) return true;
    return error.status === 404 && !this.#hasLooked && this.#absences++ < MOST_ABSENCES;
  }

  #look(signal: AbortSignal): Promise<PipelineLook> {
    const ask = async (): Promise<PipelineLook> => plainLook(await this.#service.look(this.#pipeline.id));
    return patiently(() => unlessAborted(ask(), signal), this.#patience(signal));
  }

  /** Says what became of jobs and what a person has to do; whether there was anything to say. */
  #tell(look: PipelineLook): boolean {
    const { log, remote } = this.#execution;
    const changed = look.jobs.filter((job) => JSON.stringify(job) !== JSON.stringify(this.#jobs.get(job.id)));
    for (const job of changed) {
      const before = this.#jobs.get(job.id);
      if (isOver(job) && (before === undefined || !isOver(before))) log.note(`[${job.name}] ${wordsOf(job)}`);
      else if (isOver(job) && before?.note !== job.note && job.note !== null) log.note(`[${job.name}] ${job.note}`);
      this.#jobs.set(job.id, job);
    }
    // The first time also without any: that there is a pipeline is to be seen.
    if (changed.length > 0 || !this.#hasLooked) remote.saveJobs(look.jobs);
    this.#hasLooked = true;
    if (look.waitsFor !== null && look.waitsFor !== this.#toldWaitsFor) {
      log.note(`${this.#service.name} waits for ${look.waitsFor}: ${look.url}`);
    }
    this.#toldWaitsFor = look.waitsFor;
    return changed.length > 0;
  }

  /** Whether every log that can be whole by now is in the task's log. */
  async #readLogs(look: PipelineLook, signal: AbortSignal): Promise<boolean> {
    let isAllRead = true;
    for (const job of look.jobs) {
      const kind = look.logs.get(job.id);
      if (kind === undefined || this.#whole.has(job.id)) continue;
      if (kind === 'growing' && this.#clock.now() < (this.#readAgainAt.get(job.id) ?? 0)) continue;
      const startedAt = performance.now();
      const isThere = await patiently(() => this.#readLog(job, kind === 'whole', signal), this.#patience(signal));
      if (this.#obstacle !== undefined) return false;
      const took = performance.now() - startedAt;
      this.#readAgainAt.set(job.id, this.#clock.now() + Math.min(took * LOG_SHARE, LONGEST_LOG_WAIT_MS));
      if (isThere && kind === 'whole') this.#whole.add(job.id);
      if (kind === 'whole' && !isThere) isAllRead = false;
    }
    return isAllRead;
  }

  async #readLog(job: RemoteJob, isWhole: boolean, signal: AbortSignal): Promise<boolean> {
    const body = await this.#service.readLog(job.id, this.#log.positionOf(job.id), signal);
    if (body === undefined) return false;
    try {
      await this.#log.take(job, body, isWhole);
    } catch (thrown) {
      if (serviceErrorIn(thrown) !== undefined || signal.aborted) throw thrown;
      this.#obstacle = thrown;
    }
    return true;
  }

  #missingLogs(look: PipelineLook): string {
    const missing = look.jobs.filter(({ id }) => look.logs.has(id) && !this.#whole.has(id));
    const names = missing.map(({ name }) => name).join(', ');
    return `${this.#service.name} has no log of ${names}; there may be more to see at ${look.url}`;
  }

  /** What was stopped in vain has ended by itself, and its end counts. */
  #outcomeOf({ end }: PipelineLook): Outcome {
    if (end === null || end.isSuccess) return { kind: 'exited', exitCode: 0 };
    return { kind: 'exited', exitCode: 1, reason: `${this.#name} ${end.reason}` };
  }

  /** Asks for the end and waits for it, within a time of its own; says where it could not be had. */
  async #cancel(): Promise<Outcome> {
    const { signal, log } = this.#execution;
    const { withinMs } = (signal.aborted ? signal.reason : {}) as { withinMs?: unknown };
    const limitMs = Math.min(CANCEL_WITHIN_MS, typeof withinMs === 'number' ? withinMs : Infinity);
    const outOfTime = new AbortController();
    const takeBack = this.#clock.after(limitMs, () => outOfTime.abort());
    const inTime = outOfTime.signal;
    let isAsked = false;
    try {
      log.note(`Cancelling ${this.#name}.`);
      const ask = (): Promise<void> => unlessAborted(this.#service.cancel(this.#pipeline.id), inTime);
      await patiently(ask, this.#patience(inTime));
      isAsked = true;
      const look = this.#obstacle === undefined ? await this.#toItsEnd(inTime) : await this.#untilOver(inTime);
      if (look === undefined) return this.#stillThere(HAS_NOT_ENDED);
      if (look.end?.isSuccess === true) return { kind: 'exited', exitCode: 0 };
      return STOPPED;
    } catch (thrown) {
      if (inTime.aborted) return this.#stillThere(isAsked ? HAS_NOT_ENDED : 'It could not be cancelled in time');
      if (serviceErrorIn(thrown) === undefined) throw thrown;
      return this.#stillThere(`It could not be cancelled. ${this.#service.explain(thrown)}`);
    } finally {
      takeBack();
    }
  }

  /** Without a word of its jobs and their logs: there is no room for them. */
  async #untilOver(signal: AbortSignal): Promise<PipelineLook | undefined> {
    for (;;) {
      const look = await this.#look(signal);
      if (look.end !== null) return look;
      await pause(this.#clock, SHORTEST_LOOK_MS, signal);
      if (signal.aborted) return undefined;
    }
  }

  #stillThere(what: string): Outcome {
    this.#execution.log.note(`${what}; see to ${this.#name} at ${this.#pipeline.url}`);
    return STOPPED;
  }
}

function isOver({ state }: RemoteJob): boolean {
  return state !== 'waiting' && state !== 'running';
}

function wordsOf({ state, note, startedAt, endedAt }: RemoteJob): string {
  const took = startedAt === null || endedAt === null ? '' : ` after ${Math.round((endedAt - startedAt) / 1_000)} s`;
  return `${state === 'timed-out' ? 'timed out' : state}${took}${note === null ? '' : ` (${note})`}`;
}
