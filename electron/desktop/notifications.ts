import { Notification } from 'electron';
import type { EventData, EventName, Run } from '../api/api.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { announcementOf, RUNS_BEFORE, TELLING_STATES, type Announcement } from './announcement.ts';
import type { TrayAction } from './tray-menu.ts';

export interface NotificationsPorts {
  readonly scheduler: Scheduler;
  perform(action: TrayAction): void;
}

/** A run is told of once, though it changes a few times after its end; more than this are not under way at once. */
const REMEMBERED = 1_000;

/** Tells of changes only: what runs well every five minutes says nothing, and neither does what goes on failing. */
export class Notifications {
  readonly #ports: NotificationsPorts;
  readonly #startedAt: number;
  readonly #told = new Set<number>();
  /** The system drops a notification, and its buttons, that nobody holds. */
  readonly #shown = new Set<Notification>();
  readonly #stop: () => void;

  constructor(ports: NotificationsPorts) {
    this.#ports = ports;
    this.#startedAt = ports.scheduler.status().now;
    this.#stop = ports.scheduler.on((event, _key, data) => this.#hear(event, data));
  }

  close(): void {
    this.#stop();
  }

  #hear<E extends EventName>(event: E, data: EventData<E>): void {
    if (event !== 'run.changed') return;
    const { run: id } = data as EventData<'run.changed'>;
    if (this.#told.has(id)) return;
    // One row by its id: a run's detail would read all its tasks, and this is heard a few times for each of them.
    const run = this.#ports.scheduler.runs.list({ beforeId: id + 1, limit: 1 }).runs[0];
    if (run?.id !== id || run.endedAt === null || run.endedAt < this.#startedAt) return;
    this.#remember(id);
    const announcement = announcementOf(run, run.pipelineName, this.#statesBefore(run));
    if (announcement !== undefined) this.#tell(run, announcement);
  }

  #statesBefore({ id, job }: Run) {
    const states = [...TELLING_STATES];
    return this.#ports.scheduler.runs
      .list({ job, states, beforeId: id, limit: RUNS_BEFORE })
      .runs.map(({ state }) => state);
  }

  #remember(id: number): void {
    this.#told.add(id);
    const [oldest] = this.#told;
    if (this.#told.size > REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
  }

  #tell(run: Run, { kind, title }: Announcement): void {
    if (!Notification.isSupported()) return;
    const { perform } = this.#ports;
    const isFailure = kind === 'failed';
    const body = isFailure ? (run.error ?? run.reason ?? '') : '';
    const actions = isFailure ? ['Show log', 'Run next'] : [];
    const notification = new Notification({
      title,
      body,
      silent: !isFailure,
      actions: actions.map((text) => ({ type: 'button' as const, text })),
    });
    const showLog = () => perform({ do: 'open-failure', run: run.id });
    const forget = () => this.#shown.delete(notification);
    notification.on('click', () => (isFailure ? showLog() : perform({ do: 'open', address: `#/run/${run.id}` })));
    notification.on('action', ({ actionIndex }) => {
      if (actionIndex === 0) showLog();
      else perform({ do: 'run-next', job: run.job });
      forget();
    });
    notification.on('close', forget);
    this.#shown.add(notification);
    notification.show();
  }
}
