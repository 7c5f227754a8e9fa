import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Engine } from '../api/api.ts';
import { AfterRuns } from './after-runs.ts';
import type { Clock } from './clock.ts';
import { DiskReserve } from './disk-reserve.ts';
import { Dispatcher } from './dispatcher.ts';
import { createExecutors, type Executors, type ExecutorsOptions } from './executor/index.ts';
import { JobsHome } from './job-file/jobs-home.ts';
import type { JobsChange } from './job-file/job-table.ts';
import { JobManager } from './job-manager.ts';
import { openKept } from './kept/open-kept.ts';
import type { Lease } from './lease.ts';
import { limitsOf } from './limits.ts';
import type { Machine } from './machine.ts';
import { LogBook } from './log/log-book.ts';
import { JobQueue } from './queue/job-queue.ts';
import { QueueExits } from './queue/queue-exits.ts';
import { retryReason } from './queue/waiting.ts';
import { ActiveRuns, type StartedRun } from './run/active-runs.ts';
import { openRetention } from './retention/open-retention.ts';
import { RunEnds } from './run-ends.ts';
import { Slots } from './run/slots.ts';
import { StayAwake } from './run/stay-awake.ts';
import type { RunEnd } from './run/task-group.ts';
import { writtenThrough } from './run/task-rows.ts';
import { bindToJobsHome } from './store/bound-home.ts';
import { measured } from './stats/measured.ts';
import { UsageBook } from './stats/usage-book.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import { SecretsWatch } from './secrets/secrets-watch.ts';
import { dataIdOf } from './store/data-id.ts';
import { openDatabase } from './store/open-database.ts';
import { openStores } from './store/open-stores.ts';
import { syncLog } from './store/wal-sync.ts';
import { parseSchedule } from './trigger/cron.ts';
import { machineTimezone } from './trigger/zones.ts';
import { EnvironmentView } from './view/environment-view.ts';
import { Workspaces } from './workspace/workspaces.ts';
import { ArtifactsView } from './view/artifacts-view.ts';
import { FileView } from './view/file-view.ts';
import { JobView } from './view/job-view.ts';
import { errorOf, LogView } from './view/log-view.ts';
import { RunView } from './view/run-view.ts';

export interface PartsOptions extends Pick<ExecutorsOptions, 'startLauncher'> {
  readonly jobsHome: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly lease: Lease;
  /** What the host has in its environment, the user's login shell included once it has answered. */
  readonly host: () => NodeJS.ProcessEnv;
  readonly secrets: SecretStore;
  readonly hostEnvironment: () => Promise<Readonly<Record<string, string>>>;
  readonly startedAt: number;
  readonly machine: Machine;
  /** Makes the executors; tests hand in others. */
  readonly executors?: ((options: ExecutorsOptions) => Executors) | undefined;
}

/** What the parts tell whoever put them together. */
export interface PartsEvents {
  jobFiles(change: JobsChange): Promise<void>;
  engine(engine: Engine): void;
  logGrew(runId: number, lines: number): void;
  statsGrew(runId: number): void;
  shellGrew(shell: number): void;
  runChanged(runId: number): void;
  /** Secrets were set or deleted, or the keyring has answered. */
  secretsChanged(): void;
  /** Runs were queued, skipped, moved or began. */
  queueChanged(): void;
  /** A run has ended for good or went back into the queue; there is room for another. */
  runLeft(run: StartedRun): void;
  /** As `runLeft`, once for all that have ended together, and as soon as their ends are written. */
  readonly roomMade: () => void;
  diskFull(): void;
  /** There are other sizes to show. */
  storageChanged(): void;
  bug(error: unknown): void;
  isDraining(): boolean;
}

export type Parts = ReturnType<typeof openParts>;

/** Opens the data folder and puts the stages together: each is handed what it needs of the others as functions. */
export function openParts(options: PartsOptions, events: PartsEvents) {
  const { clock, lease, host, dataFolder } = options;
  const database = join(dataFolder, 'nightjar.db');
  const db = openDatabase(database);
  try {
    bindToJobsHome(db, options.jobsHome);
    return putTogether(db);
  } catch (error) {
    db.close();
    throw error;
  }

  function putTogether(opened: Database) {
    const stores = openStores(opened, () => clock.now());
    const { runs, tasks, remoteJobs, commits, schedules, skips, settings, lastValid, lastParams, environments } =
      stores;
    const queue = new JobQueue(opened);
    const exits = new QueueExits(opened);
    const disk = new DiskReserve(dataFolder, () => events.diskFull());
    const write = <T>(change: () => T): T => disk.write(change);
    const workspaces = new Workspaces({
      clock,
      dataFolder,
      host,
      commits,
      write,
      giveBack: async (runId, folder) => {
        const image = tasks.taskRunsOf(runId).findLast(({ imageDigest }) => imageDigest !== null)?.imageDigest;
        return image ? executors.docker.giveBack(folder, image) : false;
      },
    });
    const book = new LogBook(dataFolder, clock, (runId, lines) => events.logGrew(runId, lines));
    const usage = new UsageBook({
      clock,
      folderOf: (runId) => book.folderOf(runId),
      grew: (runId) => events.statsGrew(runId),
      bug: (error) => events.bug(error),
    });
    const home = new JobsHome({
      folder: options.jobsHome,
      checkSchedule: (expression, timezone) => parseSchedule(expression, timezone),
      lastValid: (id) => lastValid.get(id),
      onChange: (change) => events.jobFiles(change),
      onBug: (error) => events.bug(error),
    });
    const limits = () => limitsOf(home.home, settings);
    const slots = new Slots(limits().tasks);
    const executors = (options.executors ?? createExecutors)({
      dataId: dataIdOf(opened),
      instance: lease.instance,
      clock,
      onEngineChange: (engine) => events.engine(engine),
      hostEnvironment: options.hostEnvironment,
      startLauncher: options.startLauncher,
    });
    const secrets = new SecretsWatch(options.secrets, () => events.secretsChanged());
    const atomically = <T>(change: () => T): T => disk.write(() => opened.transaction(change).immediate());
    const afterRuns = new AfterRuns({
      clock,
      runs,
      queue,
      skips,
      followersOf: (job) => home.followersOf(job),
      pauses: () => schedules.pauses(),
    });
    const { instance } = lease;
    const ends = new RunEnds({ clock, instance, runs, queue, afterRuns, atomically, roomMade: events.roomMade });
    const finish = async (run: StartedRun, end: RunEnd & { error: string | null }): Promise<void> => {
      await ends.end(run, end);
      events.runLeft(run);
    };
    const active = new ActiveRuns({
      clock,
      executors: {
        docker: measured(executors.docker, usage),
        process: measured(executors.process, usage),
        gitlab: executors.gitlab,
        github: executors.github,
      },
      slots,
      rows: writtenThrough(tasks, (change) => disk.write(change)),
      remoteBook: (taskRunId, changed) => remoteJobs.bookOf(taskRunId, (change) => disk.write(change), changed),
      host,
      readSecrets: (names) => secrets.read(names),
      replacedSecrets: (runId, values) => environments.changedSince(runId, values),
      keepEnvironment: (run, { layers }) => disk.write(() => environments.keep(run.id, layers)),
      openFolders: (run) => workspaces.open(run),
      openLog: (run, masked) => book.write(run.id, masked),
      errorOf: (run) => errorOf(run, tasks, logView),
      isToBeCancelled: ({ id }) => (runs.getRun(id)?.cancelRequestedAt ?? null) !== null,
      finish,
      requeue: async (run, end, notBeforeAt) => {
        const next = { attempt: run.attempt + 1, attempts: run.attempts };
        const reason = retryReason(next, notBeforeAt, { now: clock.now(), timezone: machineTimezone() });
        const isBack = disk.write(() =>
          queue.requeueForRetry({ id: run.id, from: 'running', owner: lease.instance, notBeforeAt, reason }),
        );
        // Its cancelling was asked for meanwhile: then there is no next attempt.
        if (!isBack) return finish(run, end);
        events.runLeft(run);
        events.roomMade();
      },
      stayAwake: new StayAwake(options.machine),
      changed: (run) => events.runChanged(run.id),
      diskFull: () => events.diskFull(),
      bug: (error) => events.bug(error),
    });
    const manager = new JobManager({
      clock,
      queue,
      schedules,
      skips,
      atomically,
      cancelRunning: (job) => {
        for (const run of queue.running()) {
          if (run.job !== job) continue;
          queue.requestCancel(run.id, clock.now());
          active.stop(run.id, { kind: 'cancelled', by: 'its next occurrence' });
        }
      },
      changed: () => events.queueChanged(),
    });
    const dispatcher = new Dispatcher({
      clock,
      queue,
      runs,
      instance: lease.instance,
      executors,
      host,
      secrets,
      maxParallelRuns: () => limits().runs,
      pauses: () => schedules.pauses(),
      pausedByFile: () => manager.pausedByFile,
      isDraining: () => events.isDraining(),
      isDiskFull: () => disk.isFull,
      machine: options.machine,
      skipRun: (runId, reason) => {
        if (!exits.skip(runId, reason, clock.now())) return;
        events.runChanged(runId);
        events.queueChanged();
      },
      claimsOnDisk: () => syncLog(opened),
      startRun: (run, definition, onDisk) => {
        active.start(run, definition, onDisk);
        events.runChanged(run.id);
        events.queueChanged();
      },
    });
    const jobView = new JobView({
      clock,
      entries: () => home.jobs(),
      validSince: (job) => lastValid.sinceAt(job),
      manager,
      queue,
      runs,
      schedules,
      lastParams,
      host,
      secrets,
      startedAt: options.startedAt,
    });
    const runView = new RunView({
      clock,
      queue,
      runs,
      tasks,
      dispatcher,
      medianOf: (job) => jobView.medianOf(job),
      commitOf: (runId) => commits.of(runId),
      remoteJobsOf: (taskRunId) => remoteJobs.jobsOf(taskRunId),
      logSize: (runId) => book.sizeOf(runId),
      keptOf: (runId) => kept.ofRun(runId),
    });
    const { kept, shells } = openKept({ db: opened, clock, docker: executors.docker }, events);
    const { retention, storageView } = openRetention(
      { db: opened, database, dataFolder, clock, lease, home, runs, jobView, kept, startedAt: options.startedAt },
      events,
    );
    const logView = new LogView(book, runView);
    return {
      database,
      db: opened,
      lease,
      ...stores,
      queue,
      artifactsView: new ArtifactsView(workspaces.artifacts, tasks, runView),
      workspaces,
      disk,
      home,
      limits,
      slots,
      executors,
      kept,
      shells,
      secretStore: options.secrets,
      secrets,
      usage,
      active,
      exits,
      ends,
      machine: options.machine,
      manager,
      dispatcher,
      jobView,
      runView,
      environmentView: new EnvironmentView(environments, runs, tasks),
      logView,
      fileView: new FileView(home, clock),
      retention,
      storageView,
      logLinesOf: (runId: number) => book.sizeOf(runId).lines,
    };
  }
}
