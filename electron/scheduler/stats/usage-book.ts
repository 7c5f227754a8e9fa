import type { Clock } from '../clock.ts';
import type { TaskExecution, UsageMeter } from '../executor/executor.ts';
import { attemptsWithUsage, readUsage, writeUsage } from './usage-file.ts';
import type { StoredUsage } from './usage-file.ts';
import { UsageSeries } from './usage-series.ts';

export interface UsageBookPorts {
  readonly clock: Clock;
  /** Where a run's log and all that goes with it is. */
  readonly folderOf: (runId: number) => string;
  /** There is more to see of this run. */
  readonly grew: (runId: number) => void;
  readonly bug: (thrown: unknown) => void;
}

export interface OpenMeter extends UsageMeter {
  /** Resolves when what was measured is in its file. Never rejects. */
  close(): Promise<void>;
}

type Measured = Pick<TaskExecution, 'runId' | 'taskRunId' | 'task'>;

/** What a crash may cost of a chart. */
const WRITE_EVERY_MS = 10_000;

/** What the tasks of all runs of a data folder used: measured here right now, or in the files of their runs. */
export class UsageBook {
  readonly #ports: UsageBookPorts;
  readonly #open = new Map<number, { readonly runId: number; readonly now: () => StoredUsage }>();

  constructor(ports: UsageBookPorts) {
    this.#ports = ports;
  }

  /** Goes on with what a crash left of a task attempt's series. */
  async resume(execution: Measured): Promise<OpenMeter> {
    const left = await readUsage(this.#ports.folderOf(execution.runId), execution.taskRunId);
    return this.begin(execution, new UsageSeries(left, left?.everyMs));
  }

  /** Close what is returned. */
  begin({ runId, taskRunId, task }: Measured, series: UsageSeries = new UsageSeries()): OpenMeter {
    const { clock, folderOf, grew, bug } = this.#ports;
    const folder = folderOf(runId);
    const isContained = task.executor === 'docker';
    const now = (): StoredUsage => ({
      taskRunId,
      everyMs: series.everyMs,
      cpuLimit: isContained ? task.cpus : null,
      memoryLimit: isContained ? task.memory : null,
      ...series.points,
    });
    let isRefused = false;
    let isChanged = false;
    let writtenAt = performance.now();
    let writing = Promise.resolve();
    const write = async (): Promise<void> => {
      isChanged = false;
      writtenAt = performance.now();
      try {
        await writeUsage(folder, now());
      } catch {
        isRefused = true; // A full disk, mostly: then logs and states need the room, and a chart ends early.
      }
    };
    this.#open.set(taskRunId, { runId, now });
    return {
      get everyMs() {
        return isRefused ? Infinity : series.everyMs;
      },
      sample(usage) {
        series.add(clock.now(), usage);
        isChanged = true;
        if (performance.now() - writtenAt >= WRITE_EVERY_MS) writing = writing.then(write);
        grew(runId);
      },
      failed: bug,
      close: async () => {
        await writing;
        if (isChanged && !isRefused) await write();
        this.#open.delete(taskRunId);
      },
    };
  }

  /** Of each attempt of the run that was measured at all, in the order of their ids. */
  async read(runId: number): Promise<StoredUsage[]> {
    const folder = this.#ports.folderOf(runId);
    const open = [...this.#open.values()].filter((meter) => meter.runId === runId).map(({ now }) => now());
    const isOpen = new Set(open.map(({ taskRunId }) => taskRunId));
    const ids = (await attemptsWithUsage(folder)).filter((id) => !isOpen.has(id));
    const stored = await Promise.all(ids.map((id) => readUsage(folder, id)));
    return [...stored.filter((usage) => usage !== undefined), ...open]
      .filter(({ at }) => at.length > 0)
      .sort((a, b) => a.taskRunId - b.taskRunId);
  }
}
