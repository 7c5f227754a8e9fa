import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { EXIT, type Context } from './cli/context.ts';
import { addDoctorCommand } from './cli/doctor-command.ts';
import { addImportCommands } from './cli/import-command.ts';
import { addJobCommands } from './cli/job-commands.ts';
import { addArtifactsCommand } from './cli/artifacts-command.ts';
import { addLogsCommand } from './cli/logs-command.ts';
import { Output } from './cli/output.ts';
import { findPlaces, type Places } from './cli/places.ts';
import { addQueueCommands } from './cli/queue-commands.ts';
import { reportBug } from './cli/report-bug.ts';
import { addRunCommand } from './cli/run-command.ts';
import { addRunsCommand } from './cli/runs-command.ts';
import { addSecretCommands } from './cli/secret-command.ts';
import { addServeCommand } from './cli/serve-command.ts';
import { addShellCommand } from './cli/shell-command.ts';
import { addStatusCommand } from './cli/status-command.ts';
import { addStorageCommand } from './cli/storage-command.ts';
import { findProgramFolder, versionOf } from './program.ts';
import { Failure, messageOf } from './scheduler/failure.ts';
import { readJobsHome } from './scheduler/store/bound-home.ts';

/**
 * `nightjar`, the command line. Composition only: each family of commands is a file in cli/, and what it needs of the scheduler
 * is handed to it here, loaded when it is asked for.
 */
const programFolder = findProgramFolder();
const version = versionOf(programFolder);
const program = new Command('nightjar')
  .description('Runs recurring jobs, written in YAML, in containers or as processes on this machine.')
  .option('--home <folder>', 'folder of the job files (else MELT_JOBS_HOME)')
  .option('--data <folder>', 'folder of the queue, the history and the logs (else NIGHTJAR_DATA)')
  .option('--json', 'answer in JSON; lists are arrays of objects')
  .version(version)
  .helpCommand(false)
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .addHelpText(
    'after',
    '\nExit codes: 0 success, 1 the run or the check failed, 2 wrong usage, 3 no Nightjar answers.',
  );

addJobCommands(program, makeContext);
addRunCommand(program, makeContext, async (request) => (await import('./cli/run-here.ts')).runHere(request, version));
addServeCommand(program, makeContext, async (request) =>
  (await import('./cli/serve-here.ts')).serveHere(request, { version, folder: programFolder }),
);
addQueueCommands(program, makeContext);
addRunsCommand(program, makeContext);
addLogsCommand(program, makeContext);
addArtifactsCommand(program, makeContext);
addShellCommand(program, makeContext);
addStatusCommand(program, makeContext);
addStorageCommand(program, makeContext);
addSecretCommands(program, makeContext);
addImportCommands(program, makeContext);
addDoctorCommand(program, makeContext, async (context) =>
  (await import('./cli/doctor-here.ts')).doctorHere(context, version),
);

// `nightjar runs | head` closes the pipe when it has seen enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

// What is thrown where nobody awaits it. It ends here as by kill -9, which runs and data outlive: nobody knows what still holds.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    reportBug(thrown, placesHere(() => null).dataFolder);
    process.exit(EXIT.failed);
  });
}

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

function makeContext(): Context {
  const { json } = program.opts<{ json?: boolean }>();
  return {
    out: new Output(process.stdout, { isJson: json === true, environment: process.env }),
    places: placesHere((folder) => readJobsHome(join(folder, 'nightjar.db'))),
  };
}

function placesHere(setting: Parameters<typeof findPlaces>[1]): Places {
  const { home, data } = program.opts<{ home?: string; data?: string }>();
  const { env: environment, platform } = process;
  const workingFolder = process.cwd();
  return findPlaces({ home, data, environment, workingFolder, programFolder, userHome: homedir(), platform }, setting);
}

/** Says in one sentence what went wrong; returns the exit code. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return reportUsage(thrown);
  // A Failure, or an ApiError that brings one from the host.
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
  const isSentence = thrown instanceof Failure || (thrown instanceof Error && thrown.name === 'ApiError');
  if (!isSentence) {
    reportBug(thrown, placesHere(() => null).dataFolder);
    return EXIT.failed;
  }
  say(messageOf(thrown));
  if (code === 'usage') return EXIT.usage;
  return code === 'not-running' || code === 'closed' ? EXIT.noAnswer : EXIT.failed;
}

function reportUsage(error: CommanderError): number {
  // Help and version that were asked for; what commander prints is the answer.
  if (error.exitCode === 0) return EXIT.success;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  if (error.code !== 'commander.help') {
    say(`${message.charAt(0).toUpperCase()}${message.slice(1)}. See \`nightjar --help\`.`);
  }
  return EXIT.usage;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
