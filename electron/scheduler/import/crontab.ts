import { nameOfCommand } from './command-name.ts';
import { readCrontab, type CrontabLine } from './crontab-lines.ts';
import { JobNames, looksSecret, VARIABLE_NAME, type Imported, type ImportedJob, type ImportNote } from './imported.ts';

export interface CrontabImport {
  readonly text: string;
  /** How the notes call it: `crontab`, or the file's name. */
  readonly shownAs: string;
  /** /etc/crontab and its like have the account as a sixth field. */
  readonly hasUsers: boolean;
  /** Whose processes run here. */
  readonly account: string;
  /** Where cron begins, and a job of ours too then. */
  readonly userHome: string;
  /** What is wrong with an expression, or null. */
  readonly checkSchedule: (expression: string) => string | null;
}

type Entry = Extract<CrontabLine, { kind: 'entry' }>;

/** What the variables above an entry have set. */
interface Settings {
  shell: string;
  home: string;
  timezone: string | null;
  jitterMinutes: number;
  readonly variables: Record<string, string>;
}

/** Cron's own variables that are about mail. */
const OF_MAIL = new Set(['MAILTO', 'MAILFROM', 'CONTENT_TYPE', 'CONTENT_TRANSFER_ENCODING']);

/** The jobs of a crontab, each with the variables above it; and what is different here, line by line. */
export function importCrontab(options: CrontabImport): Imported {
  const { shownAs, userHome } = options;
  const notes: ImportNote[] = [];
  const jobs: ImportedJob[] = [];
  const names = new JobNames();
  const settings: Settings = { shell: '/bin/sh', home: userHome, timezone: null, jitterMinutes: 0, variables: {} };
  for (const line of readCrontab(options.text, options.hasUsers)) {
    const where = `${shownAs}:${line.number}`;
    const note = (text: string, isLost = false): void => void notes.push({ where, text, isLost });
    switch (line.kind) {
      case 'unreadable':
        note(`\`${line.text}\` is no line that cron understands.`, true);
        break;
      case 'variable':
        set(settings, line.name, line.value, note);
        break;
      case 'entry': {
        const problem = whyNot(line.schedule, options);
        if (problem !== null) {
          note(problem, true);
          break;
        }
        if (line.user !== null && line.user !== options.account) {
          note(`it runs as ${line.user} there, and as ${options.account} here.`);
        }
        jobs.push({ name: names.take(titleOf(line)), from: where, job: jobOf(line, settings) });
        break;
      }
      default:
        line satisfies never;
    }
  }
  return { jobs, notes };
}

function set(settings: Settings, name: string, value: string, note: (text: string) => void): void {
  if (OF_MAIL.has(name)) {
    if (name === 'MAILTO' && value !== '')
      note('MAILTO has no counterpart: failures are told in the window and as notifications.');
    return;
  }
  switch (name) {
    case 'SHELL':
      if (value === '') return note('SHELL is empty, with which cron runs nothing: it is left out here.');
      settings.shell = value;
      return;
    case 'CRON_TZ':
      settings.timezone = value;
      return;
    case 'RANDOM_DELAY':
      settings.jitterMinutes = /^\d{1,4}$/.test(value) ? Number(value) : 0;
      return;
    case 'HOME':
      if (value === '') return note('HOME is empty, with which cron runs nothing: it is left out here.');
      settings.home = value;
      break;
    default:
  }
  if (!VARIABLE_NAME.test(name)) return note(`\`${name}\` cannot be the name of a variable here and is left out.`);
  settings.variables[name] = value;
  if (looksSecret(name)) {
    note(
      `${name} looks like a secret and is now in job files too; store it with \`nightjar secret set ${name}\` and name it under \`secrets\`.`,
    );
  }
}

function whyNot(schedule: string, { checkSchedule }: CrontabImport): string | null {
  if (schedule === '@reboot') return '@reboot has no counterpart: nothing runs because the machine starts.';
  const fields = schedule.split(' ');
  const [days = '*', weekdays = '*'] = [fields[2], fields[4]];
  // Vixie's cron joins the two by "and" where one of them begins with a star, and by "or" elsewhere; ours only has the "or".
  const isOdd = (one: string, other: string): boolean => one.startsWith('*/') && other !== '*';
  if (fields.length === 5 && (isOdd(days, weekdays) || isOdd(weekdays, days))) {
    return `\`${schedule}\` runs on days that fit both the day of the month and the weekday, which has no counterpart.`;
  }
  const problem = checkSchedule(schedule);
  return problem === null ? null : `\`${schedule}\` cannot be carried over: ${problem}`;
}

function titleOf({ comment, command }: Entry): string {
  const [only] = comment;
  const isName = comment.length === 1 && only !== undefined && only.length <= 40;
  return isName ? only : nameOfCommand(command);
}

function jobOf(entry: Entry, { shell, home, timezone, jitterMinutes, variables }: Settings): ImportedJob['job'] {
  const description = entry.comment.join('\n');
  return {
    ...(description === '' ? {} : { description }),
    scheduler: entry.schedule,
    ...(timezone === null ? {} : { timezone }),
    ...(jitterMinutes === 0 ? {} : { jitter: `${jitterMinutes}m` }),
    ...(Object.keys(variables).length === 0 ? {} : { variables: { ...variables } }),
    steps: [{ name: 'run', command: commandOf(entry.command, shell), workdir: home }],
  };
}

/** A string of ours stops at the first error (`sh -e`), cron's does not: only where that makes no difference is it one. */
function commandOf(written: string, shell: string): string | string[] {
  const command = withInput(written);
  const hasParts = /[;\n]|(?<![&>])&(?![&>])|\b(for|while|until|if|case)\b/.test(command);
  return shell === '/bin/sh' && !hasParts ? command : [shell, '-c', command];
}

/** The first `%` ends the command; what follows is its input, with line ends for the others. `\%` is a percent sign. */
function withInput(written: string): string {
  const [command = '', ...input] = written.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'));
  if (input.length === 0) return command;
  const end = ['END', 'END_OF_INPUT', 'END_OF_INPUT_2'].find((word) => !input.includes(word)) ?? 'END';
  return `{\n${command.trimEnd()}\n} <<'${end}'\n${input.join('\n')}\n${end}`;
}
