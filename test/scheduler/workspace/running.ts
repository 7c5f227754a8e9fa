import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Run } from '../../../electron/api/api.ts';
import { createScheduler, type Scheduler } from '../../../electron/scheduler/scheduler.ts';
import { GIT_ENVIRONMENT } from './repository.ts';

/** A scheduler that runs jobs as real processes, on folders of its own. */
export class Running {
  readonly folder: string;
  readonly bugs: unknown[] = [];
  scheduler: Scheduler;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#environment = environment;
    this.scheduler = this.#create();
  }

  #create(): Scheduler {
    return createScheduler({
      jobsHome: join(this.folder, 'jobs'),
      dataFolder: join(this.folder, 'data'),
      version: '1.0.0',
      host: 'headless',
      environment: this.#environment,
      onBug: (error) => void this.bugs.push(error),
    });
  }

  /** The next start, after a close. */
  async again(): Promise<void> {
    this.scheduler = this.#create();
    await this.scheduler.start();
  }

  static async start(
    files: Readonly<Record<string, string>>,
    environment: NodeJS.ProcessEnv = GIT_ENVIRONMENT,
  ): Promise<Running> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-running-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'jobs', path)), { recursive: true });
      await writeFile(join(folder, 'jobs', path), text);
    }
    const made = new Running(folder, environment);
    onTestFinished(async () => {
      await made.scheduler.close('stop');
      await rm(folder, { recursive: true, force: true });
      if (made.bugs.length > 0) throw made.bugs[0];
    });
    await made.scheduler.start();
    return made;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Runs the job to its end, or what is asked for instead. */
  async run(job: string, start = () => this.scheduler.addJob(job)): Promise<Run> {
    return this.scheduler.ended(start().id);
  }

  async log(run: Pick<Run, 'id'>): Promise<string[]> {
    const { lines } = await this.scheduler.logs.slice(run.id, {}, 0, 1_000);
    return lines.map(({ text }) => text);
  }
}
