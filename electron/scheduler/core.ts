import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine, EventData, EventName } from '../api/api.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CoreFacts, CoreOptions } from './core-options.ts';
import { isDiskFull } from './disk-reserve.ts';
import { Failure } from './failure.ts';
import { takeLease, waitForOlderShape } from './hand-over.ts';
import { Hints } from './hints.ts';
import { HostEnvironment } from './host-environment.ts';
import type { JobsChange } from './job-file/job-table.ts';
import { Lease } from './lease.ts';
import { nodeMachine } from './node-machine.ts';
import { openParts, type Parts } from './parts.ts';
import type { CloseMode, SchedulerListener } from './scheduler.ts';
import { accountSecrets } from './secrets/account-secrets.ts';
import { takeIn } from './take-in.ts';
import { reap, Tick } from './tick.ts';
import { Wakeups } from './wakeups.ts';

/** Of the 3 s that a machine gives that shuts down (product.md, Shutdown), what the tasks get; the rest is for writing states. */
const SHUTDOWN_TASKS_MS = 2_000;

/** The life of a scheduler from start to close: puts the parts together, wakes them, and tells who listens. */
export class Core {
  readonly #options: CoreOptions;
  readonly #clock: Clock;
  readonly #hints: Hints;
  readonly #wakeups: Wakeups;
  readonly #superseded = Promise.withResolvers<void>();
  readonly superseded = this.#superseded.promise;
  readonly host: HostEnvironment;
  #parts: Parts | undefined;
  #startedAt = 0;
  #isDraining = false;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #tick: Tick | undefined;
  #reaped: Promise<void> | undefined;
  /** Resolves when a machine that shuts down waits no longer for what runs. */
  readonly #outOfTime = Promise.withResolvers<void>();
  #shutdownTimer: NodeJS.Timeout | undefined;

  constructor(options: CoreOptions) {
    this.#options = { ...options, jobsHome: resolve(options.jobsHome), dataFolder: resolve(options.dataFolder) };
    this.#clock = options.clock ?? systemClock;
    this.host = new HostEnvironment(options.environment, () => this.wake());
    this.#hints = new Hints(options.onBug);
    this.#wakeups = new Wakeups({
      clock: this.#clock,
      tick: () => (this.#tick as Tick).run(),
      fill: () => (this.#tick as Tick).fill(),
      onError: (error) => this.#onTickError(error),
    });
  }

  /** Everything that is there between start and close; Failure `not-started` before. */
  get parts(): Parts {
    if (this.#parts === undefined) throw new Failure('not-started', 'The scheduler is not running.');
    return this.#parts;
  }

  async start(): Promise<void> {
    this.#started = this.#begin().catch(async (error: unknown) => {
      await this.#letGo();
      throw error;
    });
    await this.#started;
    this.host.learnSoon();
  }

  async #begin(): Promise<void> {
    const { dataFolder, jobsHome, host, version, isScheduling = true } = this.#options;
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    this.#startedAt = this.#clock.now();
    const lease = Lease.open(dataFolder, { version, host, clock: this.#clock });
    try {
      const isClosing = (): boolean => this.#isDraining;
      if (isScheduling) await waitForOlderShape(lease, join(dataFolder, 'nightjar.db'), isClosing);
      this.#parts = openParts(
        {
          jobsHome,
          dataFolder,
          clock: this.#clock,
          lease,
          host: () => this.host.variables,
          secrets: this.#options.secrets ?? accountSecrets(),
          hostEnvironment: () => this.host.ofLogin(),
          startedAt: this.#startedAt,
          machine: this.#options.machine ?? nodeMachine(),
          startLauncher: this.#options.startLauncher,
          executors: this.#options.executors,
        },
        {
          jobFiles: (change) => this.#jobFilesChanged(change),
          engine: (engine) => this.#engineChanged(engine),
          logGrew: (run, lines) => this.emit('log.grew', run, { run, lines }),
          statsGrew: (run) => this.emit('stats.grew', run, { run }),
          shellGrew: (shell) => this.emit('shell.grew', shell, { shell }),
          runChanged: (run) => this.#runChanged(run),
          secretsChanged: () => this.#secretsChanged(),
          queueChanged: () => this.queueChanged(),
          runLeft: ({ id, job }) => this.runLeft(id, job),
          roomMade: () => this.#wakeups.fill(),
          storageChanged: () => this.emit('storage.changed', undefined, {}),
          diskFull: () => this.#diskFull(),
          bug: this.#options.onBug,
          isDraining: () => this.#isDraining,
        },
      );
    } catch (error) {
      lease.close();
      throw error;
    }
    await this.parts.home.start();
    if (!isScheduling) return;
    await takeLease(lease, () => this.#isDraining);
    const { home, manager, lastValid } = this.parts;
    const definitions = home.jobs().flatMap(({ definition }) => definition ?? []);
    lastValid.keep(definitions);
    lastValid.forgetAllBut(home.jobs().map(({ id }) => id));
    manager.setJobs(definitions, true);
    this.parts.slots.resize(this.parts.limits().tasks);
    this.parts.disk.hold();
    this.#tick = new Tick(this.parts, {
      clock: this.#clock,
      hints: this.#hints,
      isDraining: () => this.#isDraining,
      supersededNow: () => this.#superseded.resolve(),
      queueChanged: () => this.queueChanged(),
    });
    this.#tick.recover();
    this.#wakeups.start(lease, () => (this.#reaped = reap(this.parts, this.#options.onBug)));
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** False for a command-line `run`. */
  get isScheduling(): boolean {
    return this.#options.isScheduling ?? true;
  }

  /** Looks and dispatches as soon as possible. */
  wake(): void {
    this.#wakeups.now();
  }

  on(listener: SchedulerListener): () => void {
    return this.#hints.on(listener);
  }

  /** What the views of a started scheduler need of its life. */
  get facts(): CoreFacts {
    const { version, jobsHome, dataFolder } = this.#options;
    return {
      version,
      jobsHome,
      dataFolder,
      startedAt: this.#startedAt,
      isDraining: this.#isDraining,
      environment: this.host.variables,
    };
  }

  close(mode: CloseMode): Promise<void> {
    if (this.#parts !== undefined) this.#stopRuns(mode);
    if (mode === 'shutdown') this.#shutdownTimer ??= setTimeout(() => this.#outOfTime.resolve(), SHUTDOWN_TASKS_MS);
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isDraining = true;
    this.host.close();
    // A start that is under way finds that out and gives up; what it throws is told to whoever called it.
    await this.#started?.catch(() => {});
    if (this.#parts !== undefined) await this.#finish(this.#parts);
    clearTimeout(this.#shutdownTimer);
  }

  async #finish({ active, lease, retention }: Parts): Promise<void> {
    await this.#wakeups.drain();
    await this.#inTime(retention.stop());
    // From now on a newer instance may schedule; it counts our runs and leaves them alone.
    lease.releaseLease();
    this.emit('status.changed', undefined, {});
    await this.#inTime(active.drained());
    await this.#wakeups.close();
    if (active.size > 0) this.#markInterrupted();
    await this.#letGo();
  }

  /** Whatever is open is closed, after a start that failed as well. */
  async #letGo(): Promise<void> {
    if (this.#parts === undefined) return;
    const { lease, home, executors, logView, retention, secrets, kept, shells, workspaces, db } = this.#parts;
    this.#parts = undefined;
    secrets.close();
    try {
      await this.#inTime(Promise.all([home.close(), logView.close(), shells.closeAll(), workspaces.settled()]));
      await this.#inTime(Promise.all(Object.values(executors).map((executor) => executor.close())));
      await this.#inTime(Promise.all([this.#reaped, retention.stop(), kept.close()]));
    } finally {
      db.close();
      lease.close();
    }
  }

  /** Waits for it, unless the machine goes down first. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    await Promise.race([work, this.#outOfTime.promise]);
  }

  #stopRuns(mode: CloseMode): void {
    const { active } = this.parts;
    if (mode === 'stop') active.stopAll({ kind: 'interrupted', why: 'Nightjar was stopped' });
    if (mode === 'shutdown') {
      active.stopAll({ kind: 'interrupted', why: 'the machine was shut down', withinMs: SHUTDOWN_TASKS_MS / 2 });
    }
  }

  /** The machine goes down and these did not end in time: what is true of them is written as long as it can be. */
  #markInterrupted(): void {
    const { runs, lease, ends } = this.parts;
    const end = { state: 'interrupted', reason: 'the machine was shut down', exitCode: null, error: null } as const;
    const left = runs.runningOwnedBy(lease.instance).flatMap((id) => runs.getRun(id) ?? []);
    for (const run of left) ends.end(run, end).catch(this.#options.onBug);
    ends.flush();
  }

  #onTickError(error: unknown): void {
    if (isDiskFull(error)) this.#diskFull();
    else this.#options.onBug(error);
  }

  #diskFull(): void {
    const { disk, active, retention } = this.parts;
    disk.giveUp();
    retention.lookSoon();
    active.stopAll({ kind: 'disk-full', where: this.#options.dataFolder });
    this.emit('status.changed', undefined, {});
  }

  async #jobFilesChanged(change: JobsChange): Promise<void> {
    const isOver = () => !this.#wakeups.isRunning;
    // Before it starts, `start` itself takes all jobs in.
    if (isOver()) return;
    const { lastValid, manager } = this.parts;
    await takeIn(change, { lastValid, manager, isOver });
    if (isOver()) return;
    this.limitsChanged();
    this.emit('jobs.changed', undefined, {});
  }

  /** nightjar.yml or a setting may have changed a limit. */
  limitsChanged(): void {
    this.parts.slots.resize(this.parts.limits().tasks);
    this.#wakeups.now();
    this.emit('status.changed', undefined, {});
  }

  #engineChanged({ state }: Engine): void {
    this.emit('status.changed', undefined, {});
    this.emit('queue.changed', undefined, {});
    if (state === 'available') this.#wakeups.now();
  }

  /** A run has ended for good, or waits again: there is room for another. */
  runLeft(id: number, job: string): void {
    this.parts.jobView.forget(job);
    this.parts.retention.runEnded(id, job);
    this.#runChanged(id);
    this.queueChanged();
  }

  #runChanged(run: number): void {
    this.emit('run.changed', run, { run });
  }

  #secretsChanged(): void {
    this.wake();
    this.emit('secrets.changed', undefined, {});
    this.queueChanged();
  }

  queueChanged(): void {
    this.emit('queue.changed', undefined, {});
    this.emit('jobs.changed', undefined, {});
    this.emit('status.changed', undefined, {});
  }

  emit<E extends EventName>(event: E, key: number | undefined, data: EventData<E>): void {
    this.#hints.emit(event, key, data);
  }
}
