import type { LogLineView } from '../../electron/api/api.ts';
import { clockSeconds } from '../format/moment.ts';
import { plainText } from './log-ansi.ts';
import type { ReadSlice } from './log-pages.ts';

/** Lines that a copy takes at most; a clipboard is no file. */
export const COPIED_LINES = 100_000;
/** Lines read at once; the host may give fewer, where they are long. */
const STEP = 2_000;

/** Hands over the rows from place `from` to before `end`, in order. Stops early where the log has no more, or on abort. */
export async function readRange(
  read: ReadSlice,
  from: number,
  end: number,
  take: (lines: readonly LogLineView[], place: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let place = from; place < end;) {
    const { lines } = await read(place, Math.min(STEP, end - place));
    if (lines.length === 0 || signal?.aborted) return;
    take(lines, place);
    place += lines.length;
  }
}

/** `21:40:28.114` */
export const lineTime = (at: number, zone: string): string =>
  `${clockSeconds(at, zone)}.${String(Math.floor(at) % 1_000).padStart(3, '0')}`;

/** A line as it is copied with its time: `21:40:28.114 orders  page 41 of 96`. */
export const timedLine = (line: Pick<LogLineView, 'at' | 'text'>, task: string, zone: string): string =>
  `${lineTime(line.at, zone)} ${task}${task === '' ? '' : '  '}${plainText(line.text)}`;

/** The selected rows as a file: the text as it is on disk, colours included, so that `less -R` shows them. */
export async function logFile(
  read: ReadSlice,
  total: number,
  onPart: (done: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  // The browser keeps large blobs on disk; one per step, so that no string grows to the size of the log.
  const parts: Blob[] = [];
  await readRange(
    read,
    0,
    total,
    (lines, place) => {
      parts.push(new Blob([lines.map((line) => (line.isContinued ? line.text : `${line.text}\n`)).join('')]));
      onPart(place + lines.length);
    },
    signal,
  );
  return new Blob(parts, { type: 'text/plain' });
}
