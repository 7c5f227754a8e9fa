import type { Clock } from './clock.ts';
import { ForeignRuns } from './foreign-runs.ts';
import type { Hints } from './hints.ts';
import { tasksOf } from './job-file/definition.ts';
import type { Parts } from './parts.ts';
import { recoverOwnRuns, recoverRuns } from './run/recover.ts';
import { turn } from './turn.ts';

/** How often the runs of an older instance, or of a command line, are looked at while there are some. */
const FOREIGN_RUNS_POLL_MS = 500;

export interface TickPorts {
  readonly clock: Clock;
  readonly hints: Hints;
  isDraining(): boolean;
  /** A newer instance wants to schedule. */
  supersededNow(): void;
  queueChanged(): void;
}

/** One look at the world and what follows from it: cancels, what is due, what others left behind, what can start. */
export class Tick {
  readonly #parts: Parts;
  readonly #ports: TickPorts;
  readonly #foreign: ForeignRuns;

  constructor(parts: Parts, ports: TickPorts) {
    this.#parts = parts;
    this.#ports = ports;
    const { db, lease, queue, history, logLinesOf } = parts;
    this.#foreign = new ForeignRuns({ db, instance: lease.instance, queue, history, linesOf: logLinesOf });
  }

  /** Resolves with the next moment at which there is something to do. */
  async run(): Promise<number> {
    const { lease, manager, dispatcher, disk, active, queue, retention, kept } = this.#parts;
    const { clock, hints, isDraining } = this.#ports;
    await turn();
    for (const id of queue.cancelRequests(lease.instance)) active.stop(id, { kind: 'cancelled', by: 'you' });
    if (isDraining()) return Infinity;
    if (lease.leaseIsWanted()) this.#ports.supersededNow();
    if (disk.isFull && disk.hold()) hints.emit('status.changed', undefined, {});
    // What is due meanwhile counts as missed; queueing it would use up the room that the states of the runs need.
    if (!disk.isFull) await manager.look();
    if (isDraining()) return Infinity;
    this.recover();
    retention.tick();
    kept.sweep();
    const isOtherRunning = this.#tellOfForeignRuns();
    const nextAt = Math.min(await dispatcher.dispatch(), manager.nextDueAt);
    return isOtherRunning ? Math.min(nextAt, clock.now() + FOREIGN_RUNS_POLL_MS) : nextAt;
  }

  /** Starts what can in the place of what has left; resolves with the next moment at which a run that waits can. */
  fill(): Promise<number> {
    return this.#parts.dispatcher.dispatch();
  }

  /** What cannot be written is not taken up: on a full disk a run waits where it is. */
  recover(): void {
    const { lease, runs, active, disk } = this.#parts;
    if (disk.isFull) return;
    recoverOwnRuns(lease.instance, runs, active);
    recoverRuns(lease, runs, active);
  }

  /** The end of another instance's run makes room too, and nobody tells us of it. Returns whether one is running. */
  #tellOfForeignRuns(): boolean {
    const { hints, queueChanged } = this.#ports;
    const { isRunning, isNews, changed, grown } = this.#foreign.look();
    for (const { id, job } of changed) {
      this.#parts.jobView.forget(job);
      hints.emit('run.changed', id, { run: id });
    }
    for (const { id, lines } of grown) hints.emit('log.grew', id, { run: id, lines });
    if (isNews) queueChanged();
    return isRunning;
  }
}

/**
 * Takes away containers that no run has, and what runs worked in that a crash ended. An engine's client takes memory, so no engine is
 * asked where no job needs one and none ever had a container.
 */
export async function reap(parts: Parts, onBug: (error: unknown) => void): Promise<void> {
  const { executors, runs, tasks, workspaces, kept, home } = parts;
  try {
    // Whoever owns it: what a dead instance left running is re-attached at the next tick, and must be there then.
    const isRunning = (runId: number): boolean => runs.getRun(runId)?.state === 'running';
    await workspaces.sweep(
      isRunning,
      home.jobs().flatMap(({ definition }) => definition?.repo ?? []),
    );
    const needsEngine = home
      .jobs()
      .some(({ definition }) => definition && tasksOf(definition).some(({ executor }) => executor === 'docker'));
    if (!tasks.hadContainers && !needsEngine) return;
    await executors.docker.reap(
      ({ runId, taskRunId }) =>
        (isRunning(runId) && tasks.getTaskRun(taskRunId)?.state === 'running') || kept.isKept(taskRunId),
      kept.enginesToReap(),
    );
  } catch (error) {
    onBug(error);
  }
}
