import { stripVTControlCharacters } from 'node:util';
import type { LogReader } from './log-reader.ts';
import type { LogSearch } from './log-search.ts';
import type { LogSelection } from './log-slice.ts';

/** Characters; a row of the history shows about eighty, its tooltip all of them. */
const TEXT_LENGTH = 300;
/** The last lines are often empty, or a closing brace. */
const LINES_LOOKED_AT = 20;
const HAS_WORDS = /\p{L}{2}/u;

/**
 * What a failed task said, in one line of its own: the last of its standard error, where it has any (a traceback ends with what
 * went wrong, and so does a shell), else the first line that looks like an error, else its last one. Null for a silent task.
 */
export async function failureText(
  log: { readonly reader: LogReader; readonly search: LogSearch; readonly folder: string },
  taskRunIds: readonly number[],
): Promise<string | null> {
  const last = async (selection: LogSelection): Promise<string | null> => {
    const { lines } = await log.reader.slice(selection, -LINES_LOOKED_AT, LINES_LOOKED_AT);
    return lines.map(({ text }) => oneLine(text)).findLast((text) => HAS_WORDS.test(text)) ?? null;
  };
  const onStderr = await last({ taskRunIds, streams: ['stderr'] });
  if (onStderr !== null) return onStderr;
  const number = await log.search.firstError(log.folder, { taskRunIds });
  if (number !== null) return oneLine((await log.reader.line(number))?.text ?? '');
  return last({ taskRunIds, streams: ['stdout'] });
}

function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return plain.length > TEXT_LENGTH ? `${plain.slice(0, TEXT_LENGTH - 1)}…` : plain;
}
