import type { Command } from 'commander';
import type { LogLineView, RunDetail } from '../api/api.ts';
import type { Client } from '../api/client.ts';
import { Failure } from '../scheduler/failure.ts';
import { isEnded } from '../scheduler/run/run-state.ts';
import { findRun, RUN_TO_LOOK_AT, withClient, type Context, type MakeContext } from './context.ts';
import { runName } from './format.ts';
import { LogLines, taskName } from './log-lines.ts';

const PAGE = 2_000;

/** `logs`: a run's log, and with `-f` what is added to it until the run ends. */
export function addLogsCommand(program: Command, context: MakeContext): void {
  program
    .command('logs')
    .summary("print a run's log")
    .argument('<run>', RUN_TO_LOOK_AT)
    .argument('[task]', 'of one task only: its name, or group/task')
    .option('-f, --follow', 'go on until the run ends; with --json one line of JSON a log line')
    .action((run: string, task: string | undefined, options: { follow?: boolean }) =>
      logs(context(), run, task, options.follow === true),
    );
}

async function logs(context: Context, named: string, task: string | undefined, isFollowed: boolean): Promise<void> {
  const { out } = context;
  await withClient(context, async (client) => {
    const run = await findRun(client, named, { mayWait: isFollowed });
    const detail = await client.call('runs.get', { run });
    const reader = new LogPages(client, detail, task);
    if (out.isJson && !isFollowed) {
      // An array, but never all of it at once: a log may be larger than the memory.
      let before = '[';
      await reader.readAll(async (page) => {
        for (const line of page) {
          await out.line(before + JSON.stringify(line));
          before = ',';
        }
      });
      return out.line(before === '[' ? '[]' : ']');
    }
    const lines = new LogLines(out);
    const write = async (page: readonly LogLineView[]) => {
      if (out.isJson) return out.line(page.map((line) => JSON.stringify(line)).join('\n'));
      lines.setTasks(reader.tasks);
      return lines.write(page);
    };
    return isFollowed ? follow(client, reader, write) : reader.readAll(write);
  });
}

type Write = (lines: readonly LogLineView[]) => void | Promise<void>;

/** Events are hints: each is answered by reading on. Ends when the run had ended before the log was read to its end. */
async function follow(client: Client, reader: LogPages, write: Write): Promise<void> {
  let hint = Promise.withResolvers<void>();
  client.onClose(() => hint.reject(new Failure('closed', 'Nightjar went away before the run ended.')));
  // Nobody may be waiting when the wire closes.
  hint.promise.catch(() => {});
  const stops = [
    client.on('log.grew', reader.runId, () => hint.resolve()),
    client.on('run.changed', reader.runId, () => hint.resolve()),
  ];
  try {
    for (;;) {
      const hasEnded = await reader.refresh();
      await reader.readAll(write);
      if (hasEnded) return;
      await hint.promise;
      hint = Promise.withResolvers<void>();
      hint.promise.catch(() => {});
    }
  } finally {
    for (const stop of stops) stop();
  }
}

/** Reads a log onwards from where it was, all of it or one task's attempts, which may become more while a run goes on. */
class LogPages {
  readonly runId: number;
  readonly #client: Client;
  readonly #task: string | undefined;
  #detail: RunDetail;
  /** The next line of the whole log. */
  #nextNumber = 0;
  #page = PAGE;

  /** Fails with `no-such-task`. */
  constructor(client: Client, detail: RunDetail, task: string | undefined) {
    this.#client = client;
    this.#task = task;
    this.#detail = detail;
    this.runId = detail.id;
    if (task !== undefined && this.#selected().length === 0) {
      const known = [...new Set(detail.tasks.map(taskName))].map((name) => `\`${name}\``);
      const list = known.length === 0 ? 'it has none yet' : `it has ${known.join(', ')}`;
      throw new Failure('no-such-task', `${runName(detail)} has no task \`${task}\`; ${list}.`);
    }
  }

  get tasks(): RunDetail['tasks'] {
    return this.#detail.tasks;
  }

  /** Asks anew for the tasks; says whether the run has ended. */
  async refresh(): Promise<boolean> {
    this.#detail = await this.#client.call('runs.get', { run: this.runId });
    return isEnded(this.#detail.state);
  }

  async readAll(write: Write): Promise<void> {
    const selection = { run: this.runId, taskRunIds: this.#task === undefined ? undefined : this.#selected() };
    // Places count within the selection, and the selection may have grown.
    let { place } = await this.#client.call('log.place', { ...selection, number: this.#nextNumber });
    for (;;) {
      const slice = await this.#slice(selection, place);
      const last = slice.lines.at(-1);
      if (last === undefined) return;
      if (slice.lines.some(({ taskRunId }) => taskRunId !== 0 && !this.tasks.some(({ id }) => id === taskRunId))) {
        await this.refresh();
      }
      await write(slice.lines);
      place += slice.lines.length;
      this.#nextNumber = last.number + 1;
      if (place >= slice.total) return;
    }
  }

  /** Lines may be a megabyte each, and an answer four. */
  async #slice(selection: { run: number; taskRunIds: number[] | undefined }, from: number) {
    for (;;) {
      try {
        return await this.#client.call('log.slice', { ...selection, from, count: this.#page });
      } catch (thrown) {
        const isTooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'too-large';
        if (!isTooLarge || this.#page === 1) throw thrown;
        this.#page = Math.ceil(this.#page / 8);
      }
    }
  }

  #selected(): number[] {
    const { tasks } = this.#detail;
    return tasks
      .filter(
        (one) => one.name === this.#task || taskName(one) === this.#task || `${one.group}/${one.name}` === this.#task,
      )
      .map(({ id }) => id);
  }
}
