import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { Run } from '../../electron/api/api.ts';
import type { Executors } from '../../electron/scheduler/executor/index.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../electron/scheduler/scheduler.ts';
import { FakeClock } from './fake-clock.ts';
import { ScriptedExecutor, type Script } from './scripted-executor.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** What is to happen has happened by then, unless the machine is very busy. */
const SLOW_MS = 3_000;

/** A scheduler on folders of its own, with a clock that the test moves and tasks that follow a script by their name. */
export class SchedulerUnderTest {
  readonly clock: FakeClock;
  readonly executor: ScriptedExecutor;
  readonly bugs: unknown[] = [];
  /** How often containers were looked for that no run has. */
  reaps = 0;
  readonly folder: string;
  scheduler!: Scheduler;
  readonly #scripts: Record<string, Script>;

  private constructor(folder: string, start: string, scripts: Record<string, Script>) {
    this.folder = folder;
    this.clock = new FakeClock(start);
    this.#scripts = scripts;
    this.executor = new ScriptedExecutor(scripts);
  }

  /** Writes the job files, by path below the home, and starts; everything is closed and removed when the test has ended. */
  static async start(
    files: Readonly<Record<string, string>>,
    options: { at?: string; scripts?: Record<string, Script> } & Pick<SchedulerOptions, 'environment' | 'secrets'> = {},
  ): Promise<SchedulerUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-scheduler-'));
    const made = new SchedulerUnderTest(folder, options.at ?? '2026-03-02T08:00:30Z', options.scripts ?? {});
    onTestFinished(async () => {
      await made.scheduler?.close('stop');
      await rm(folder, { recursive: true, force: true });
      if (made.bugs.length > 0) throw made.bugs[0];
    });
    for (const [path, text] of Object.entries(files)) await made.write(path, text);
    const { environment = {}, secrets } = options;
    made.scheduler = made.create({ environment, ...(secrets === undefined ? {} : { secrets }) });
    await made.scheduler.start();
    return made;
  }

  /** Another scheduler on the same folders: the next start, or a second instance. */
  create(over: Partial<SchedulerOptions> = {}, executor: ScriptedExecutor = this.executor): Scheduler {
    return createScheduler({
      jobsHome: join(this.folder, 'jobs'),
      dataFolder: join(this.folder, 'data'),
      version: '1.0.0',
      host: 'headless',
      clock: this.clock,
      environment: {},
      executors: () => asExecutors(executor, () => (this.reaps += 1)),
      onBug: (error) => void this.bugs.push(error),
      ...over,
    });
  }

  /** Ends the scheduler and starts the next one on what it left, `ms` later. */
  async restart(ms: number, over: Partial<SchedulerOptions> = {}): Promise<void> {
    await this.scheduler.close('stop');
    this.clock.jump(ms);
    this.scheduler = this.create(over);
    await this.scheduler.start();
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, 'jobs', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Time passes, and what falls due in it is decided before it goes on: a second at a time. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SECOND) {
      this.clock.advance(Math.min(SECOND, ms - passed));
      await breathe();
    }
  }

  /** Runs as `job trigger state`, oldest first; a skip has how many it stands for. */
  runs(): string[] {
    const { runs } = this.scheduler.runs.list({ limit: 1_000 });
    return runs.reverse().map(tell);
  }

  async until(expected: readonly string[]): Promise<void> {
    await this.eventually(() => expect(this.runs()).toEqual(expected));
  }

  /**
   * Waits until `check` holds. Where that takes long, the clock goes on by milliseconds: a look that was slower than `pass` finds
   * what fell due meanwhile, and is to come again at once.
   */
  async eventually(check: () => unknown): Promise<void> {
    const beganAt = performance.now();
    const looked = async (): Promise<void> => {
      if (performance.now() - beganAt > SLOW_MS) this.clock.advance(1);
      await check();
    };
    await vi.waitFor(looked, { timeout: 15_000, interval: 5 });
  }

  /** What waits, as `job: reason`. */
  waiting(): string[] {
    return this.scheduler.queue.get().waiting.map(({ job, reason }) => `${job}: ${reason}`);
  }

  get script(): Record<string, Script> {
    return this.#scripts;
  }
}

export function tell(run: Run): string {
  return `${run.job} ${run.trigger} ${run.state}${run.skipped === null ? '' : ` ${run.skipped.count}`}`;
}

/** Lets promises, files and the next turns of the event loop come. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function asExecutors(executor: ScriptedExecutor, reaped: () => void): Executors {
  const engine = { state: 'available', host: 'test', foundBy: 'test', version: '1', error: null, triedAt: 0 } as const;
  const docker = Object.assign(Object.create(executor) as ScriptedExecutor, {
    execute: executor.execute.bind(executor),
    recover: executor.recover.bind(executor),
    availability: executor.availability.bind(executor),
    close: executor.close.bind(executor),
    engine: () => engine,
    checkEngine: async () => engine,
    engines: () => new Map(),
    kept: { openShell: async () => Promise.reject(new Error('no container here')), remove: async () => true },
    reap: async () => {
      reaped();
      return 0;
    },
    giveBack: async () => false,
  });
  return { process: executor, docker, gitlab: executor, github: executor };
}
