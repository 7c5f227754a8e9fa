import type { Command } from 'commander';
import type { Client } from '../api/client.ts';
import { Failure } from '../scheduler/failure.ts';
import { findRun, RUN_TO_LOOK_AT, withClient, type Context, type MakeContext } from './context.ts';
import { taskName } from './log-lines.ts';

/** The host closes a shell that nobody reads from for minutes; a quiet one is read now and then. */
const HEARTBEAT_MS = 60_000;

/** `shell`: into what a task left, where `keep_container` has kept its container. */
export function addShellCommand(program: Command, context: MakeContext): void {
  program
    .command('shell')
    .summary('open a shell in what a task left (`keep_container`)')
    .argument('<run>', RUN_TO_LOOK_AT)
    .argument('[task]', 'its name, or group/task; the first that is kept')
    .action((run: string, task: string | undefined) => shell(context(), run, task));
}

async function shell(context: Context, named: string, task: string | undefined): Promise<void> {
  await withClient(context, async (client) => {
    const taskRunId = await keptOf(client, await findRun(client, named), task);
    const { columns = 80, rows = 24 } = process.stdout;
    const { shell: id } = await client.call('shell.open', { taskRunId, columns, rows });
    const why = await connectTerminal(client, id);
    await client.call('shell.close', { shell: id });
    process.stderr.write(`${why}\n`);
  });
}

async function keptOf(client: Client, run: number | string, task: string | undefined): Promise<number> {
  const detail = await client.call('runs.get', { run });
  const kept = detail.tasks.filter(({ id }) => detail.kept.some(({ taskRunId }) => taskRunId === id));
  const name = `${detail.job}#${detail.number}`;
  if (kept.length === 0) {
    throw new Failure(
      'not-kept',
      `No container of ${name} is kept. With \`keep_container: on-failure\` those of failed tasks are.`,
    );
  }
  const chosen = task === undefined ? kept[0] : kept.findLast((each) => each.name === task || taskName(each) === task);
  if (chosen !== undefined) return chosen.id;
  throw new Failure(
    'not-kept',
    `The container of ${task} is not kept; of ${name} are: ${kept.map(taskName).join(', ')}.`,
  );
}

/** Resolves with why the shell has ended, when all of it has been shown; the terminal is as it was before. */
async function connectTerminal(client: Client, id: number): Promise<string> {
  const { stdin, stdout } = process;
  const ended = Promise.withResolvers<string>();
  const fail = (error: unknown): void => ended.reject(error);
  client.onClose(() => fail(new Failure('closed', 'Nightjar went away, and the shell with it.')));
  let at = 0;
  let reading: Promise<void> = Promise.resolve();
  const readOn = async (): Promise<void> => {
    for (;;) {
      const piece = await client.call('shell.read', { shell: id, from: at });
      at = piece.from + piece.text.length;
      if (piece.text !== '' && !stdout.write(piece.text)) await new Promise((resolve) => stdout.once('drain', resolve));
      if (piece.ended !== null) return ended.resolve(piece.ended);
      if (piece.text === '') return;
    }
  };
  const read = (): void => void (reading = reading.then(readOn).catch(fail));
  let typing: Promise<unknown> = Promise.resolve();
  const type = (chunk: string): void =>
    void (typing = typing.then(() => client.call('shell.write', { shell: id, text: chunk })).catch(fail));
  const resize = (): void => {
    const { columns = 80, rows = 24 } = stdout;
    client.call('shell.resize', { shell: id, columns, rows }).catch(fail);
  };
  const heart = setInterval(read, HEARTBEAT_MS);
  const stop = client.on('shell.grew', id, read);
  stdin.setEncoding('utf8').on('data', type);
  stdout.on('resize', resize);
  if (stdin.isTTY) stdin.setRawMode(true);
  // What is piped in ends like ^D.
  else stdin.on('end', () => type('\x04'));
  read();
  try {
    return await ended.promise;
  } finally {
    clearInterval(heart);
    stop();
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.off('data', type).pause();
    stdout.off('resize', resize);
  }
}
