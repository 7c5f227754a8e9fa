import { JobNames, looksSecret, VARIABLE_NAME, type Imported, type ImportedJob, type ImportNote } from './imported.ts';
import { readCompose, type ComposeService } from './compose-labels.ts';
import { ofeliaSchedule } from './ofelia-schedule.ts';
import { splitWords } from './split-words.ts';

export interface OfeliaImport {
  readonly text: string;
  readonly shownAs: string;
  /** Absolute path of the Compose file: `docker compose exec` is told it. */
  readonly file: string;
  /** What is wrong with an expression, or null. */
  readonly checkSchedule: (expression: string) => string | null;
}

const KINDS = ['job-exec', 'job-run', 'job-local', 'job-service-run'] as const;
type Kind = (typeof KINDS)[number];

/** One `ofelia.job-exec.NAME.*` group of labels. */
interface Labelled {
  readonly kind: Kind;
  readonly name: string;
  readonly service: string;
  /** By the parameter's name in small letters. */
  readonly options: Map<string, string>;
}

type Note = (text: string, isLost?: boolean) => void;

/** The jobs that the labels of a Compose file describe to Ofelia, and what is different here. */
export function importOfelia(options: OfeliaImport): Imported {
  const notes: ImportNote[] = [];
  const jobs: ImportedJob[] = [];
  const names = new JobNames();
  for (const service of readCompose(options.text, options.shownAs)) {
    for (const labelled of jobsOf(service)) {
      const where = `${options.shownAs}: ofelia.${labelled.kind}.${labelled.name}`;
      const note: Note = (text, isLost = false) => void notes.push({ where, text, isLost });
      const isEnabled = service.labels['ofelia.enabled'] === 'true';
      if (labelled.kind === 'job-exec' && !isEnabled)
        note('Ofelia leaves it out, because the service has no label `ofelia.enabled: "true"`.');
      const job = jobOf(labelled, options, note);
      if (job !== null) jobs.push({ name: names.take(labelled.name), from: where, job });
    }
  }
  return { jobs, notes };
}

function jobsOf({ name: service, labels }: ComposeService): Labelled[] {
  const found = new Map<string, Labelled>();
  for (const [label, value] of Object.entries(labels)) {
    const [, kind, name, option] = /^ofelia\.(job-[a-z-]+)\.(.+)\.([A-Za-z-]+)$/.exec(label) ?? [];
    if (name === undefined || !KINDS.includes(kind as Kind)) continue;
    const key = `${kind} ${name}`;
    const job = found.get(key) ?? { kind: kind as Kind, name, service, options: new Map<string, string>() };
    job.options.set((option as string).toLowerCase(), value);
    found.set(key, job);
  }
  return [...found.values()];
}

function jobOf(labelled: Labelled, { file, checkSchedule }: OfeliaImport, note: Note): ImportedJob['job'] | null {
  const { kind, service } = labelled;
  const options = new Map([...labelled.options].map(([name, value]) => [name, value.replaceAll('$$', '\u0000')]));
  if ([...options.values()].some((value) => /\$[A-Za-z_{]/.test(value))) {
    note('a variable of Compose stands in its labels; put its value there and import again.', true);
    return null;
  }
  const take = (name: string): string | undefined => {
    const value = options.get(name)?.replaceAll('\u0000', '$');
    options.delete(name);
    return value === '' ? undefined : value;
  };
  const schedule = ofeliaSchedule(take('schedule') ?? '');
  const problem = 'problem' in schedule ? schedule.problem : checkSchedule(schedule.expression);
  if ('problem' in schedule || problem !== null) {
    note(`its schedule cannot be carried over: ${problem}`, true);
    return null;
  }
  const variables = variablesOf(take('environment') ?? take('env'), note);
  const isSingle = take('no-overlap') === 'true';
  take('delete');
  take('tty');
  const task = TASKS[kind]({ take, service, file, variables: Object.keys(variables), note });
  if (task === null) return null;
  for (const name of options.keys()) note(`\`${name}\` is left out.`);
  return {
    scheduler: schedule.expression,
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
    // Ofelia starts the next one beside it unless it is told not to.
    ...(isSingle ? {} : { overlap: 'allow' }),
    steps: [{ name: 'run', ...task }],
  };
}

interface Made {
  readonly take: (name: string) => string | undefined;
  readonly service: string;
  readonly file: string;
  /** Names of the job's variables. */
  readonly variables: readonly string[];
  readonly note: Note;
}

const TASKS: Readonly<Record<Kind, (made: Made) => Record<string, unknown> | null>> = {
  'job-exec': ({ take, service, file, variables, note }) => {
    const command = splitWords(take('command') ?? '');
    if (command.length === 0) {
      note('it has no command.', true);
      return null;
    }
    const container = take('container');
    const user = take('user') ?? 'root';
    const passed = variables.flatMap((name) => ['-e', name]);
    const folder = take('workdir');
    const own = ['--user', user, ...(folder === undefined ? [] : ['--workdir', folder]), ...passed];
    note('it runs as `docker … exec` on this machine, in the container that is running then.');
    return {
      command:
        container === undefined
          ? ['docker', 'compose', '-f', file, 'exec', '-T', ...own, service, ...command]
          : ['docker', 'exec', ...own, container, ...command],
    };
  },
  'job-run': (made) => {
    const { take, note } = made;
    const image = take('image');
    if (image !== undefined) return containerOf(image, made);
    const container = take('container');
    if (container === undefined) {
      note('it names neither an image nor a container.', true);
      return null;
    }
    take('command');
    return { command: ['docker', 'start', '--attach', container] };
  },
  'job-local': ({ take, note }) => {
    const command = splitWords(take('command') ?? '');
    if (command.length === 0) {
      note('it has no command.', true);
      return null;
    }
    note('it ran inside the container of Ofelia, and is a process of this machine here.');
    const folder = take('dir');
    return { command, ...(folder === undefined ? {} : { workdir: folder }) };
  },
  'job-service-run': (made) => {
    const image = made.take('image');
    if (image === undefined) {
      made.note('it names no image.', true);
      return null;
    }
    made.note('it ran as a service of a swarm, and is a container of this machine here.');
    return containerOf(image, made);
  },
};

function containerOf(image: string, { take, note }: Made): Record<string, unknown> {
  const command = splitWords(take('command') ?? '');
  const user = take('user');
  const network = take('network');
  const volumes = listOf(take('volume'), note);
  return {
    image,
    ...(command.length === 0 ? {} : { command }),
    ...(user === undefined ? {} : { user }),
    ...(network === undefined ? {} : { network }),
    ...(volumes.length === 0 ? {} : { volumes }),
  };
}

function variablesOf(text: string | undefined, note: Note): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const pair of listOf(text, note)) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    if (at < 0) note(`${name} came from the environment of Ofelia and is left out; name it under \`requires_env\`.`);
    else if (!VARIABLE_NAME.test(name)) note(`\`${name}\` cannot be the name of a variable here and is left out.`);
    else variables[name] = pair.slice(at + 1);
    if (at >= 0 && looksSecret(name)) {
      note(
        `${name} looks like a secret and is now in a job file too; store it with \`nightjar secret set ${name}\` and name it under \`secrets\`.`,
      );
    }
  }
  return variables;
}

/** Several values are a JSON list there, one is written as it is. */
function listOf(text: string | undefined, note: Note): string[] {
  if (text === undefined) return [];
  if (!text.trim().startsWith('[')) return [text];
  try {
    return (JSON.parse(text) as unknown[]).map(String);
  } catch {
    note(`\`${text}\` is no JSON list and is left out.`);
    return [];
  }
}
