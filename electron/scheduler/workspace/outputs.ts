import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Outputs are small values that later groups need; what is larger belongs into the workspace or the artifacts. */
const MOST_BYTES = 64 * 1024;
const MOST_NAMES = 100;

/**
 * Names that say where programs are found and what they load, or who is given this machine's tokens. A container may be less trusted
 * than this machine, and what it writes becomes part of the environment of processes and pipelines that are started from here.
 */
const REFUSED = new RegExp(
  `^(${[
    'NIGHTJAR(_.*)?|PATH|HOME|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PS4|IFS|LD_.*|DYLD_.*',
    'NODE_(OPTIONS|PATH)|PYTHON(PATH|HOME|STARTUP|BREAKPOINT|WARNINGS)|PERL5?(OPT|LIB|DB)|RUBY(OPT|LIB)',
    'CLASSPATH|(_JAVA|JAVA_TOOL|JDK_JAVA)_OPTIONS',
    'GIT_(SSH|SSH_COMMAND|ASKPASS|EXEC_PATH|EDITOR|PAGER|EXTERNAL_DIFF|PROXY_COMMAND|TEMPLATE_DIR|CONFIG.*)',
    'DOCKER_(HOST|CONTEXT|CONFIG)|CI_API_V4_URL|GITHUB_API_URL',
  ].join('|')})$`,
  'i',
);

export interface Outputs {
  readonly values: Readonly<Record<string, string>>;
  /** What was not taken and why, a sentence each. */
  readonly notes: readonly string[];
}

/** What a task wrote to the file that NIGHTJAR_OUTPUT names; nothing where it removed it. */
export async function readOutputs(file: string, isSecret: (value: string) => boolean): Promise<Outputs> {
  if (isEmpty(file)) return { values: {}, notes: [] };
  const { text, isCut } = await readStart(file);
  return parseOutputs(text, isCut, isSecret);
}

/**
 * Lines of KEY=VALUE; the value is all that follows, as written. Of one name the last line counts. Empty lines and those that begin with `#` are
 * passed over.
 */
export function parseOutputs(text: string, isCut: boolean, isSecret: (value: string) => boolean): Outputs {
  const values = new Map<string, string>();
  const notes: string[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
    const refusal = whyNotTaken(name, value, values, isSecret);
    if (refusal === null) values.set(name as string, value as string);
    else notes.push(`output line ${index + 1} is not taken: ${refusal}`);
  }
  if (isCut)
    notes.push(
      `outputs after the first ${MOST_BYTES / 1024} KiB are not taken; leave large things in NIGHTJAR_ARTIFACTS`,
    );
  return { values: Object.fromEntries(values), notes };
}

function whyNotTaken(
  name: string | undefined,
  value: string | undefined,
  taken: ReadonlyMap<string, string>,
  isSecret: (value: string) => boolean,
): string | null {
  if (name === undefined || value === undefined) return 'it is not KEY=VALUE';
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `a name has letters, digits and _ only, and begins with no digit`;
  if (REFUSED.test(name)) return `${name} is a name that a task may not set for others`;
  if (value.includes('\0')) return `the value of ${name} contains a NUL character`;
  if (isSecret(value)) return `the value of ${name} contains a masked value, and outputs are stored and shown`;
  if (!taken.has(name) && taken.size >= MOST_NAMES) return `there are more than ${MOST_NAMES} names`;
  return null;
}

/** As most are. Also where the task has shut us out. */
function isEmpty(file: string): boolean {
  try {
    return lstatSync(file).size === 0;
  } catch {
    return true;
  }
}

/** The task may have put anything in the file's place: a link elsewhere, a pipe, a folder. None of it is followed or waited for. */
async function readStart(file: string): Promise<{ text: string; isCut: boolean }> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(file, flags).catch(() => undefined);
  if (handle === undefined) return { text: '', isCut: false };
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { text: '', isCut: false };
    const buffer = Buffer.alloc(Math.min(stat.size, MOST_BYTES));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const isCut = stat.size > MOST_BYTES;
    const text = buffer.toString('utf8', 0, length);
    // A line that is cut in two would be a wrong value.
    return { text: isCut ? text.slice(0, text.lastIndexOf('\n') + 1) : text, isCut };
  } finally {
    await handle.close();
  }
}
