import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FEW_LINES,
  RECORD_BYTES,
  getEnd,
  getRecord,
  indexPath,
  isSelected,
  ownerOfList,
  textPath,
} from './log-index.ts';
import type { LogRecord } from './log-index.ts';
import type { LogSelection } from './log-slice.ts';
import { PagedFile } from './paged-file.ts';
import { AllLines, FewLines, ListedLines, type SelectedLines } from './selected-lines.ts';

/** Records that are read in one go, 96 KiB; decoding them takes about a millisecond. */
const RECORDS_A_READ = 4096;
/** Records that are rather read and left than asked for with a read of their own. */
const RECORDS_PASSED_OVER = 512;

/** Where one line is and what is known of it. */
export interface LineSpan extends LogRecord {
  readonly number: number;
  readonly begin: number;
}

/** The files of a log as they are at one moment: what is appended later is not seen. */
export class OpenLog {
  /** In the whole log. */
  readonly lines: number;
  readonly selected: SelectedLines;
  readonly text: FileHandle;
  readonly #index: PagedFile;

  private constructor(text: FileHandle, index: PagedFile, selected: SelectedLines) {
    this.text = text;
    this.#index = index;
    this.lines = linesOf(index);
    this.selected = selected;
  }

  /** Opens the log, lets `use` read and closes it. A folder without a log is an empty log: then it is `empty`. */
  static async with<T>(
    folder: string,
    selection: LogSelection,
    empty: T,
    use: (log: OpenLog) => Promise<T>,
  ): Promise<T> {
    const handles: FileHandle[] = [];
    const opened = async (path: string) => {
      const file = await open(path, 'r');
      handles.push(file);
      return file;
    };
    try {
      const text = await opened(textPath(folder));
      const file = await opened(indexPath(folder));
      const index = await pagedOf(file);
      const isAll = selection.taskRunIds === undefined && selection.streams === undefined;
      if (isAll) return await use(new OpenLog(text, index, new AllLines(linesOf(index))));
      if (linesOf(index) <= FEW_LINES) return await use(new OpenLog(text, index, await fewLines(index, selection)));
      const lists = await openLists(folder, selection, opened);
      // Lists are written last, so they name no line that the index, looked at after them, has not.
      const grown = await pagedOf(file);
      return await use(new OpenLog(text, grown, new ListedLines(lists, linesOf(grown))));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
      throw error;
    } finally {
      for (const handle of handles) await handle.close();
    }
  }

  /** Of the lines with these numbers, which rise. */
  async spans(numbers: Uint32Array): Promise<LineSpan[]> {
    const spans: LineSpan[] = [];
    for (let i = 0; i < numbers.length;) {
      const first = numbers[i]!;
      let last = i;
      while (
        last + 1 < numbers.length &&
        numbers[last + 1]! - numbers[last]! <= RECORDS_PASSED_OVER &&
        numbers[last + 1]! - first < RECORDS_A_READ
      ) {
        last++;
      }
      // A line begins where the one before it ends.
      const from = Math.max(0, first - 1);
      const bytes = await this.#index.bytes(from * RECORD_BYTES, (numbers[last]! - from + 1) * RECORD_BYTES);
      for (; i <= last; i++) {
        const place = (numbers[i]! - from) * RECORD_BYTES;
        const record = place + RECORD_BYTES <= bytes.length ? getRecord(bytes, place) : undefined;
        const begin = numbers[i] === 0 ? 0 : getEnd(bytes, place - RECORD_BYTES);
        if (record) spans.push({ ...record, number: numbers[i]!, begin });
      }
    }
    return spans;
  }

  /** The number of the first line at or after a moment. Where the host's clock was set back, of one such line. */
  async numberAt(moment: number): Promise<number> {
    let low = 0;
    for (let high = this.lines; low < high;) {
      const middle = Math.floor((low + high) / 2);
      const { bytes, place } = await this.#index.page(middle * RECORD_BYTES);
      if ((getRecord(bytes, place)?.at ?? Infinity) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const linesOf = (index: PagedFile): number => Math.floor(index.size / RECORD_BYTES);

async function fewLines(index: PagedFile, selection: LogSelection): Promise<SelectedLines> {
  const bytes = await index.bytes(0, FEW_LINES * RECORD_BYTES);
  const numbers: number[] = [];
  for (let place = 0; place + RECORD_BYTES <= bytes.length; place += RECORD_BYTES) {
    const record = getRecord(bytes, place);
    if (record && isSelected(selection, record)) numbers.push(place / RECORD_BYTES);
  }
  return new FewLines(Uint32Array.from(numbers));
}

async function openLists(folder: string, selection: LogSelection, opened: (path: string) => Promise<FileHandle>) {
  const lists: PagedFile[] = [];
  for (const name of await readdir(folder)) {
    const owner = ownerOfList(name);
    if (owner && isSelected(selection, owner)) lists.push(await pagedOf(await opened(join(folder, name))));
  }
  return lists;
}

async function pagedOf(file: FileHandle): Promise<PagedFile> {
  return new PagedFile(file, (await file.stat()).size);
}
