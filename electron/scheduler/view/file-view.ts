import { join } from 'node:path';
import type { CheckedFile, FileView as File } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import { describeStartRules } from '../conditions.ts';
import type { JobDefinition, TaskDefinition } from '../job-file/definition.ts';
import type { FileText } from '../job-file/home-files.ts';
import type { JobsHome } from '../job-file/jobs-home.ts';
import { jobJsonSchema } from '../job-file/json-schema.ts';
import { closedHoursOf, nextOpenDue } from '../trigger/closed-hours.ts';
import { parseSchedule } from '../trigger/cron.ts';
import { describeAfter, describeSchedule } from '../trigger/describe.ts';

const MOMENTS_SHOWN = 5;

/** Job files as the editor reads, checks and saves them; every path is below the jobs home. */
export class FileView {
  readonly #home: JobsHome;
  readonly #clock: Clock;

  constructor(home: JobsHome, clock: Clock) {
    this.#home = home;
    this.#clock = clock;
  }

  async read(path: string): Promise<File> {
    return this.#shown(path, await this.#home.readFile(path));
  }

  async save(path: string, text: string, basedOn: string | null): Promise<File> {
    return this.#shown(path, await this.#home.saveFile(path, text, basedOn));
  }

  /** Moves the file into a folder outside the home; resolves with its new absolute path. */
  moveTo(path: string, folder: string): Promise<string> {
    return this.#home.moveToFolder(path, folder);
  }

  /** The absolute path of a job file that is there; fails like `read` for what is outside of the home. */
  async locate(path: string): Promise<string> {
    await this.#home.readFile(path);
    return join(this.#home.folder, path);
  }

  check(path: string, text: string): CheckedFile {
    const { definition, problems } = this.#home.checkText(path, text);
    const nothing = {
      nextDueAt: [],
      groups: [],
      handlers: [],
      schedules: [],
      after: [],
      startRules: [],
      timezone: null,
    };
    if (definition === null) return { problems: [...problems], ...nothing };
    const closed = closedHoursOf(definition.notBetween, definition.timezone);
    const moments = new Set<number>();
    for (const expression of definition.scheduler) {
      const parsed = parseSchedule(expression, definition.timezone);
      let at: number | null = this.#clock.now();
      for (let found = 0; parsed.ok && found < MOMENTS_SHOWN; found += 1) {
        at = nextOpenDue(parsed.schedule, closed, at);
        if (at === null) break;
        moments.add(at);
      }
    }
    return {
      problems: [...problems],
      nextDueAt: [...moments].sort((a, b) => a - b).slice(0, MOMENTS_SHOWN),
      groups: definition.steps.map((group) => ({
        name: group.name,
        tasks: group.tasks.map(shownTask),
      })),
      handlers: handlersOf(definition),
      schedules: definition.scheduler.map((expression) => ({ expression, words: describeSchedule(expression) })),
      after: definition.after.map(describeAfter),
      startRules: describeStartRules(definition),
      timezone: definition.timezone,
    };
  }

  schema(): Record<string, unknown> {
    return jobJsonSchema();
  }

  #shown(path: string, { text, version }: FileText): File {
    return { path, text, version, problems: [...this.#home.checkText(path, text).problems] };
  }
}

const shownTask = ({ name, executor, image }: TaskDefinition) => ({ name, executor, image });

function handlersOf({ onSuccess, onFailure, onCancel, always }: JobDefinition): CheckedFile['handlers'] {
  const all = [
    { key: 'on_success', tasks: onSuccess },
    { key: 'on_failure', tasks: onFailure },
    { key: 'on_cancel', tasks: onCancel },
    { key: 'always', tasks: always },
  ] as const;
  return all.flatMap(({ key, tasks }) => (tasks.length === 0 ? [] : { key, tasks: tasks.map(shownTask) }));
}
