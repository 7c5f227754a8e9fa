import type { Environment, Variable } from '../../electron/api/api.ts';
import type { Origin } from '../../electron/api/words.ts';

type Setting = Variable['overrides'][number];

/** Where a variable can come from, the weakest first, as it is said on the screen. */
const WORDS: Record<Origin, string> = {
  host: 'your shell',
  home: 'nightjar.yml',
  'env-file': 'env_file',
  job: 'the job',
  output: 'an output',
  task: 'a task',
  param: 'a param',
  secret: 'a secret',
  nightjar: 'Nightjar',
};

export const PRECEDENCE: readonly string[] = Object.values(WORDS);

/** "your shell", ".env", "task load/psql". */
export function originWords({ origin, source, task }: Setting): string {
  if (origin === 'output') return `output of ${source}`;
  if (source !== null) return baseName(source);
  return task === null ? WORDS[origin] : `task ${task}`;
}

/** The value, or what stands for one that is not stored. */
export function valueWords(setting: Setting, isRead: boolean): { text: string; isStored: boolean } {
  if (setting.value === '') return { text: 'empty', isStored: false };
  if (setting.value !== null) return { text: setting.value, isStored: true };
  if (!isRead) return { text: 'read when it starts', isStored: false };
  if (setting.origin === 'secret') return { text: 'secret, masked in the log', isStored: false };
  return { text: `from ${originWords(setting)}, not stored`, isStored: false };
}

/** "Wins over the job: 5432, .env"; null where nothing else sets it. */
export function overridesWords({ overrides }: Variable): string | null {
  if (overrides.length === 0) return null;
  const each = overrides.map((one) => originWords(one) + (one.value === null ? '' : `: ${shown(one.value)}`));
  return `Wins over ${each.join(', ')}`;
}

export function changeWords({ change }: Variable, { comparedTo }: Environment): string | null {
  if (change === null || comparedTo === null) return null;
  return `${change} since #${comparedTo.number}`;
}

/** Those whose name, origin or stored value has every word; sorted by name, what Nightjar says itself last. */
export function findVariables({ variables }: Environment, filter: string): Variable[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return variables
    .filter((variable) => {
      const text = `${variable.name} ${originWords(variable)} ${variable.value ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(
      (a, b) =>
        Number(a.origin === 'nightjar') - Number(b.origin === 'nightjar') ||
        a.name.localeCompare(b.name) ||
        (a.task ?? '').localeCompare(b.task ?? ''),
    );
}

/** What a run that waits has not read yet, as a sentence; null where there is nothing to read. */
export function unreadWords({ isRead, files, variables }: Environment): string | null {
  if (isRead) return null;
  const parts = [
    ...files.map(baseName),
    ...(variables.some(({ origin }) => origin === 'host') ? ['your shell'] : []),
    ...(variables.some(({ origin }) => origin === 'secret') ? ['the secrets'] : []),
  ];
  return parts.length === 0 ? null : `Read when it starts: ${parts.join(', ')}.`;
}

function shown(value: string): string {
  return value === '' ? "''" : value;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
