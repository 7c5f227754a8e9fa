import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure, messageOf, whyUnreadable } from '../scheduler/failure.ts';
import { importCrontab } from '../scheduler/import/crontab.ts';
import type { Imported, ImportedJob, ImportNote } from '../scheduler/import/imported.ts';
import { importOfelia } from '../scheduler/import/ofelia.ts';
import { writeJob } from '../scheduler/import/write-job.ts';
import { NO_HOME_SETTINGS, parseJob } from '../scheduler/job-file/parse.ts';
import { parseSchedule } from '../scheduler/trigger/cron.ts';

/** A job file of an import, and whether it is there now. */
export interface ImportedFile {
  /** Absolute path. */
  readonly file: string;
  readonly from: string;
  readonly text: string;
}

const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const CRONTAB_LIMIT_MS = 10_000;

/** The jobs of a crontab: of a file, of standard input (`-`), or the user's own. */
export async function readCrontabJobs(file: string | undefined, isOfSystem: boolean): Promise<Imported> {
  const isStandardInput = file === '-';
  const text = file === undefined ? await ownCrontab() : isStandardInput ? await standardInput() : await readText(file);
  return importCrontab({
    text,
    shownAs: file === undefined || isStandardInput ? 'crontab' : path.basename(file),
    hasUsers: isOfSystem || (file !== undefined && /^\/etc\/(crontab$|cron\.d\/)/.test(path.resolve(file))),
    account: userInfo().username,
    userHome: homedir(),
    checkSchedule,
  });
}

/** The jobs that a Compose file describes to Ofelia; without a file that of the working folder. */
export async function readComposeJobs(file: string | undefined): Promise<Imported> {
  const found = file ?? (await composeFileHere());
  const text = await readText(found);
  return importOfelia({ text, shownAs: path.basename(found), file: path.resolve(found), checkSchedule });
}

/**
 * The files that an import makes in a folder. Each is read by the parser that will read it; what would have mistakes, or has a
 * file of its name already, becomes a note.
 */
export async function filesOf(
  { jobs }: Imported,
  folder: string,
): Promise<{ files: ImportedFile[]; notes: ImportNote[] }> {
  const files: ImportedFile[] = [];
  const notes: ImportNote[] = [];
  for (const job of jobs) {
    const file = path.join(folder, `${job.name}.yml`);
    const text = writeJob(job);
    const problem = await whyNotWritten(job, file, text);
    if (problem === null) files.push({ file, from: job.from, text });
    else notes.push({ where: job.from, text: problem, isLost: true });
  }
  return { files, notes };
}

async function whyNotWritten(job: ImportedJob, file: string, text: string): Promise<string | null> {
  for (const taken of [file, file.replace(/\.yml$/, '.yaml')]) {
    if (await lstat(taken).catch(() => null)) return `${taken} exists already and stays as it is.`;
  }
  const home = NO_HOME_SETTINGS;
  const parsing = { text, file, shownAs: file, checkSchedule: parseSchedule, userHome: homedir() };
  const { problems } = parseJob({ ...parsing, id: job.name, home });
  const error = problems.find(({ severity }) => severity === 'error');
  return error === undefined ? null : `it cannot be carried over: ${error.message}.`;
}

/** Never in the place of another file, also not of one that comes at the same moment. Fails with `not-saved`. */
export async function writeFiles(files: readonly ImportedFile[]): Promise<void> {
  for (const { file, text } of files) {
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text, { flag: 'wx' });
    } catch (error) {
      throw new Failure(
        'not-saved',
        `${file} was not written: ${messageOf(error)}. What was written before it is there.`,
        { cause: error },
      );
    }
  }
}

function checkSchedule(expression: string): string | null {
  const parsed = parseSchedule(expression, null);
  return parsed.ok ? null : parsed.message;
}

async function ownCrontab(): Promise<string> {
  try {
    return (await promisify(execFile)('crontab', ['-l'], { timeout: CRONTAB_LIMIT_MS })).stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    const isMissing = code === 'ENOENT';
    const said = isMissing
      ? 'there is no program `crontab` in the PATH'
      : (stderr.trim() || messageOf(error)).replace(/\.$/, '');
    throw new Failure(
      'not-readable',
      `Your crontab cannot be read: ${said}. Name a file, or \`-\` for standard input.`,
      { cause: error },
    );
  }
}

async function composeFileHere(): Promise<string> {
  for (const name of COMPOSE_FILES) if (await lstat(name).catch(() => null)) return name;
  throw new Failure(
    'not-readable',
    `There is no ${COMPOSE_FILES.join(', ')} in ${process.cwd()}; name the Compose file.`,
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('not-readable', `${file} cannot be read: ${whyUnreadable(error)}.`, { cause: error });
  }
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString('utf8');
}
