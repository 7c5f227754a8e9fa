import { stripVTControlCharacters } from 'node:util';
import type { LogReader } from './log-reader.ts';
import type { LogSearch } from './log-search.ts';
import type { LogLine, LogSelection } from './log-slice.ts';

/** Characters; a row of the history shows about eighty, its tooltip all of them. */
const TEXT_LENGTH = 300;
/** The last lines are often empty, or a closing brace. */
const LINES_LOOKED_AT = 20;
const HAS_WORDS = /\p{L}{2}/u;
const LAST_WORDS = ['stderr', 'stdout', 'nightjar'] as const;

interface FailedLog {
  readonly reader: LogReader;
  readonly search: LogSearch;
  readonly folder: string;
}

/**
 * What a failed task said, in one line of its own: the last of its standard error, where it has any (a traceback ends with what
 * went wrong, and so does a shell), else the first line that looks like an error, else its last one. Null for a silent task.
 */
export async function failureText(log: FailedLog, taskRunIds: readonly number[]): Promise<string | null> {
  const onStderr = await lastWords(log, { taskRunIds, streams: ['stderr'] });
  if (onStderr !== null) return oneLine(onStderr.text);
  const number = await log.search.firstError(log.folder, { taskRunIds });
  if (number !== null) return oneLine((await log.reader.line(number))?.text ?? '');
  const onStdout = await lastWords(log, { taskRunIds, streams: ['stdout'] });
  return onStdout === null ? null : oneLine(onStdout.text);
}

/**
 * Number of the line at which a failure is read: the first of the failed tasks that looks like an error, else the last words of
 * their standard error, of their standard output, of what Nightjar says about them. Null where the log has nothing of them.
 */
export async function failureLine(log: FailedLog, failed: LogSelection): Promise<number | null> {
  const number = await log.search.firstError(log.folder, failed);
  if (number !== null) return number;
  for (const stream of LAST_WORDS) {
    if (failed.streams !== undefined && !failed.streams.includes(stream)) continue;
    const last = await lastWords(log, { ...failed, streams: [stream] });
    if (last !== null) return last.number;
  }
  return null;
}

async function lastWords({ reader }: FailedLog, selection: LogSelection): Promise<LogLine | null> {
  const { lines } = await reader.slice(selection, -LINES_LOOKED_AT, LINES_LOOKED_AT);
  return lines.findLast(({ text }) => HAS_WORDS.test(oneLine(text))) ?? null;
}

function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return plain.length > TEXT_LENGTH ? `${plain.slice(0, TEXT_LENGTH - 1)}…` : plain;
}
