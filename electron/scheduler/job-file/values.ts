import { z } from 'zod';
import { DURATION_PATTERN, SIZE_PATTERN, parseDuration, parseSize } from './quantity.ts';

/**
 * The kinds of value that a job file is made of. The message of a schema here is the end of a sentence that begins with the
 * key: "`timeout` must be a duration such as 90s, 10m, 2h or 1d".
 */

/** One line of text. YAML reads `true` and `1.50` as something else; `TEXT_KEYS` sees to it that what was written arrives. */
export const text = (what = 'text') =>
  z
    .union([z.string(), z.number(), z.boolean()], { error: `must be ${what}` })
    .transform(String)
    .refine((value) => value.trim() !== '', { error: 'must not be empty' })
    // eslint-disable-next-line no-control-regex
    .refine((value) => !/[\u0000-\u001f\u007f]/.test(value), { error: 'must be one line without control characters' });

/** Text of any shape, empty or of many lines. */
export const anyText = () =>
  z
    .union([z.string(), z.number(), z.boolean()], { error: "must be text ('' where it is to be empty)" })
    .transform(String)
    .refine((value) => !value.includes('\0'), { error: 'must not contain a NUL character' });

/**
 * Keys whose scalars are text however they look: `command: true` runs the program of that name, and a version 1.50 keeps its
 * nought. The keys below such a key count too (`variables`, `matrix`).
 */
export const TEXT_KEYS: ReadonlySet<string> = new Set([
  'pipeline_name',
  'variables',
  'matrix',
  'default',
  'choices',
  'command',
  'entrypoint',
  'user',
  'ref',
  'name',
  'description',
  'repo',
  'env_file',
  'image',
  'workdir',
  'volumes',
  'network',
  'stop_signal',
  'engine',
  'context',
  'dockerfile',
  'workflow',
  'url',
  'concurrency_group',
  'project',
  'job',
]);

/** It becomes part of a task's name. */
export const matrixValue = () =>
  anyText()
    // eslint-disable-next-line no-control-regex
    .refine((value) => !/[\u0001-\u001f\u007f]/.test(value), { error: 'must be one line without control characters' })
    .refine((value) => value.length <= 100, { error: 'must be at most 100 characters long' });

export const duration = () =>
  z
    .string({ error: 'must be a duration such as 90s, 10m, 2h or 1d' })
    .regex(DURATION_PATTERN, { error: 'must be a duration such as 90s, 10m, 2h or 1d' })
    .transform((value) => parseDuration(value) ?? 0)
    .refine((ms) => ms <= 3_650 * 86_400_000, { error: 'must be at most 3650d' });

export const positiveDuration = () => duration().refine((ms) => ms > 0, { error: 'must be longer than nothing' });

export const size = () =>
  z
    .string({ error: 'must be a size such as 512MB (MB is 1000 kB) or 512MiB (MiB is 1024 KiB)' })
    .regex(SIZE_PATTERN, { error: 'must be a size such as 512MB (MB is 1000 kB) or 512MiB (MiB is 1024 KiB)' })
    .transform((value) => parseSize(value) ?? 0);

export const whole = (from: number, to: number) =>
  z
    .number({ error: `must be a whole number from ${from} to ${to}` })
    .int({ error: `must be a whole number from ${from} to ${to}` })
    .min(from, { error: `must be a whole number from ${from} to ${to}` })
    .max(to, { error: `must be a whole number from ${from} to ${to}` });

/** Of a server that is spoken to over HTTP. */
export const webAddress = () =>
  text('an address').refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
    error: 'must be an address such as https://gitlab.example.com',
  });

// The grammar of an image's name, as the engines read it: github.com/distribution/reference, regexp.go.
const HOST = String.raw`(?:[A-Za-z0-9]+(?:[.-]+[A-Za-z0-9]+)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*`;
const DIGEST = String.raw`[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[A-Fa-f0-9]{32,}`;
const IMAGE = new RegExp(String.raw`^(?:${HOST}/)?${PART}(?:/${PART})*(?::\w[\w.-]{0,127})?(?:@${DIGEST})?$`);

/** `registry.example.com:5000/team/tool:1.2@sha256:…`; only the last part of the path is needed. */
export const imageName = () =>
  text('the name of an image').refine((value) => IMAGE.test(value), {
    error: 'must be the name of an image such as python:3.13-slim, in small letters, without blanks',
  });

/** Those of Linux, where containers are, and what else a process may be sent on macOS and Windows. */
// prettier-ignore
export const SIGNALS = [
  'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGKILL', 'SIGUSR1', 'SIGUSR2', 'SIGABRT', 'SIGALRM', 'SIGBREAK', 'SIGBUS', 'SIGCHLD',
  'SIGCONT', 'SIGFPE', 'SIGILL', 'SIGINFO', 'SIGIO', 'SIGIOT', 'SIGPIPE', 'SIGPOLL', 'SIGPROF', 'SIGPWR', 'SIGRTMAX', 'SIGRTMIN',
  'SIGSEGV', 'SIGSTKFLT', 'SIGSTOP', 'SIGSYS', 'SIGTRAP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGVTALRM', 'SIGWINCH',
  'SIGXCPU', 'SIGXFSZ',
] as const;

export const flag = () => z.boolean({ error: 'must be true or false' });

/** What can be the name of an environment variable on every platform and in a container. */
export const variableName = () =>
  z.string().regex(/^[^=\s\0]+$/, { error: 'must be the name of an environment variable: no blanks, no `=`' });

/** A name that is passed to tasks and typed by people: also a shell can read it. */
export const identifier = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'must be a name of letters, digits and underscores that does not begin with a digit',
  });

/** Of a task or a group. `group/task` is how logs and commands write them, so a name has no `/`. */
export const stepName = () =>
  text('a name')
    .refine((value) => !value.includes('/'), { error: 'must not contain `/`, which parts group and task' })
    .refine((value) => value.length <= 100, { error: 'must be at most 100 characters long' })
    .transform((value) => value.trim());
