import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import {
  ENTRY_BYTES,
  RECORD_BYTES,
  getRecord,
  indexPath,
  listPath,
  ownerOfList,
  textPath,
  type LineOwner,
  type LogRecord,
} from './log-index.ts';

const RECORDS_A_READ = 4096;

/** A log whose files agree with each other. */
export interface SoundLog {
  readonly lines: number;
  readonly bytes: number;
  readonly lists: readonly SoundList[];
}

export interface SoundList extends LineOwner {
  /** Of the list's file. */
  readonly bytes: number;
  /** Raw bytes that the finished lines of this owner took. */
  readonly consumed: number;
}

interface OpenList extends LineOwner {
  readonly file: FileHandle;
  entries: number;
  last: number;
  consumed: number;
  missing: number[];
}

/**
 * Makes the files of a log agree, whatever a crash left of them; where there is no folder yet, there is no log. Text and index are cut
 * back to the last line that both have; then each list loses the lines that are gone and gets those that it missed. What has to
 * be read is what the lists are behind, a batch at most; lists that contradict the index are made anew from all of it.
 *
 * To be called by the one who will write, while nobody else does.
 */
export async function repairLog(folder: string): Promise<SoundLog> {
  if (!existsSync(folder)) return { lines: 0, bytes: 0, lists: [] };
  const text = await open(textPath(folder), 'a+');
  const index = await open(indexPath(folder), 'a+');
  const lists: OpenList[] = [];
  try {
    const { lines, bytes } = await cutBack(text, index);
    for (const name of await readdir(folder)) {
      const owner = ownerOfList(name);
      if (owner) lists.push(await openList(folder, owner));
    }
    await completeLists(folder, index, lines, lists);
    const sound = lists.map(({ taskRunId, stream, entries, consumed }) => {
      return { taskRunId, stream, bytes: entries * ENTRY_BYTES, consumed };
    });
    return { lines, bytes, lists: sound };
  } finally {
    await Promise.all([text, index, ...lists.map((list) => list.file)].map((file) => file.close()));
  }
}

/** Finds the last record whose text is there, and cuts both files behind it. */
async function cutBack(text: FileHandle, index: FileHandle): Promise<{ lines: number; bytes: number }> {
  const textBytes = (await text.stat()).size;
  const indexBytes = (await index.stat()).size;
  let lines = Math.floor(indexBytes / RECORD_BYTES);
  let bytes = 0;
  for await (const { number, record } of recordsBackwards(index, lines)) {
    lines = number;
    if (record && record.end > 0 && (await endsLine(text, record.end))) {
      lines = number + 1;
      bytes = record.end;
      break;
    }
  }
  if (indexBytes !== lines * RECORD_BYTES) await index.truncate(lines * RECORD_BYTES);
  if (textBytes !== bytes) await text.truncate(bytes);
  return { lines, bytes };
}

/** False too where the text is not as long. */
async function endsLine(text: FileHandle, end: number): Promise<boolean> {
  const { buffer } = await text.read(Buffer.alloc(1), 0, 1, end - 1);
  return buffer[0] === 0x0a;
}

async function openList(folder: string, owner: LineOwner): Promise<OpenList> {
  const file = await open(listPath(folder, owner), 'r+');
  const entries = Math.floor((await file.stat()).size / ENTRY_BYTES);
  return { ...owner, file, entries, last: -1, consumed: 0, missing: [] };
}

async function completeLists(folder: string, index: FileHandle, lines: number, lists: OpenList[]): Promise<void> {
  let known = 0;
  for (const list of lists) {
    const isSound = await cutList(index, lines, list);
    // A list whose last line belongs to somebody else is not to be believed in anything.
    if (!isSound) await emptyLists(lists);
    if (!isSound) return addMissing(folder, index, 0, lines, lists);
    known += list.entries;
  }
  if (known > lines) {
    await emptyLists(lists);
    return addMissing(folder, index, 0, lines, lists);
  }
  const from = await startOfMissing(index, lines, lists, lines - known);
  if (from === undefined) await emptyLists(lists);
  await addMissing(folder, index, from ?? 0, lines, lists);
}

/** Takes from a list's end the lines that the log has lost; false where the list contradicts the index. */
async function cutList(index: FileHandle, lines: number, list: OpenList): Promise<boolean> {
  // Entries rise, so the first that is too large is found by halving.
  let low = 0;
  for (let high = list.entries; low < high;) {
    const middle = Math.floor((low + high) / 2);
    if ((await entryAt(list, middle)) < lines) low = middle + 1;
    else high = middle;
  }
  list.entries = low;
  await list.file.truncate(low * ENTRY_BYTES);
  if (low === 0) return true;
  list.last = await entryAt(list, low - 1);
  const record = await recordAt(index, list.last);
  list.consumed = record?.consumed ?? 0;
  return record !== undefined && record.taskRunId === list.taskRunId && record.stream === list.stream;
}

async function emptyLists(lists: readonly OpenList[]): Promise<void> {
  for (const list of lists) {
    await list.file.truncate(0);
    Object.assign(list, { entries: 0, last: -1, consumed: 0 });
  }
}

/** The number of the first line that is missing in its list; undefined where they are not as many as they must be. */
async function startOfMissing(index: FileHandle, lines: number, lists: readonly OpenList[], missing: number) {
  if (missing === 0) return lines;
  const lastOf = new Map(lists.map((list) => [keyOf(list), list.last]));
  let found = 0;
  for await (const { number, record } of recordsBackwards(index, lines)) {
    if (record && number > (lastOf.get(keyOf(record)) ?? -1) && ++found === missing) return number;
  }
  return undefined;
}

async function addMissing(folder: string, index: FileHandle, from: number, lines: number, lists: OpenList[]) {
  const byKey = new Map(lists.map((list) => [keyOf(list), list]));
  for (let start = from; start < lines; start += RECORDS_A_READ) {
    const records = await readRecords(index, start, Math.min(RECORDS_A_READ, lines - start));
    for (const [i, record] of records.entries()) {
      if (!record) continue;
      const { taskRunId, stream } = record;
      let list = byKey.get(keyOf(record));
      if (!list) {
        await (await open(listPath(folder, { taskRunId, stream }), 'a')).close();
        list = await openList(folder, { taskRunId, stream });
        lists.push(list);
        byKey.set(keyOf(record), list);
      }
      if (start + i <= list.last) continue;
      list.last = start + i;
      list.consumed = record.consumed;
      list.missing.push(start + i);
    }
    for (const list of lists) await writeMissing(list);
  }
}

async function writeMissing(list: OpenList): Promise<void> {
  if (list.missing.length === 0) return;
  const words = Uint32Array.from(list.missing);
  await list.file.write(new Uint8Array(words.buffer), 0, words.byteLength, list.entries * ENTRY_BYTES);
  list.entries += list.missing.length;
  list.missing = [];
}

const keyOf = (owner: LineOwner) => `${owner.taskRunId}.${owner.stream}`;

async function entryAt(list: OpenList, place: number): Promise<number> {
  const { buffer } = await list.file.read(Buffer.alloc(ENTRY_BYTES), 0, ENTRY_BYTES, place * ENTRY_BYTES);
  return buffer.readUInt32LE(0);
}

async function recordAt(index: FileHandle, number: number): Promise<LogRecord | undefined> {
  return (await readRecords(index, number, 1))[0];
}

async function readRecords(index: FileHandle, from: number, count: number): Promise<(LogRecord | undefined)[]> {
  const buffer = Buffer.alloc(count * RECORD_BYTES);
  await index.read(buffer, 0, buffer.length, from * RECORD_BYTES);
  return Array.from({ length: count }, (_, i) => getRecord(buffer, i * RECORD_BYTES));
}

async function* recordsBackwards(index: FileHandle, lines: number) {
  for (let end = lines; end > 0; end -= RECORDS_A_READ) {
    const start = Math.max(0, end - RECORDS_A_READ);
    const records = await readRecords(index, start, end - start);
    for (let i = records.length - 1; i >= 0; i--) yield { number: start + i, record: records[i] };
  }
}
