import { join } from 'node:path';
import type { LogStream } from '../../api/words.ts';
import type { LogSelection } from './log-slice.ts';

/**
 * What the files of one run's log look like. They live in one folder:
 *
 * - `run.log`: the text, one line after another, each with `\n` behind it. `less` and `grep` work on it.
 * - `run.idx`: one record of 24 bytes a line. Record N says where line N ends; where it begins is where line N - 1 ends.
 * - `<taskRunId>.stdout.lines`, `.stderr.lines`, `.nightjar.lines`: the numbers of the lines of one attempt and stream, four
 *   bytes each and rising, so that the n-th line of a selection is found without reading what comes before it. They are made
 *   when a log gets more than `FEW_LINES`, before the index says so; what has fewer lines is selected in its index.
 *
 * A batch is written in this order: text, index, lists. So whatever a crash cuts off, a record's text is there, and a list
 * never knows a line that the index does not (log-repair.ts).
 *
 * A record as six little-endian words of 32 bits, which is how every machine that Electron runs on stores a Uint32Array:
 *   0 end of the line in run.log, low      3 task run
 *   1 moment, low                          4 end, high 16 bits | moment, high 16 bits
 *   2 raw bytes consumed, low              5 consumed, high 16 bits | stream, 8 bits | flags, 8 bits
 * "Raw bytes consumed" counts what the attempt's stream had delivered up to the line's end, whatever masking, dropped
 * carriage returns and replaced bytes made of it: a re-attached container goes on from there.
 */
export const RECORD_BYTES = 24;
export const RECORD_WORDS = 6;
export const ENTRY_BYTES = 4;
/** Lines of a log without lists; their records are 12 KiB, read in one go. Most logs are a few lines, and a file costs 4 KiB and a millisecond. */
export const FEW_LINES = 512;

/** Set in every record: zeros that a loss of power left in the file are no line. */
export const FLAG_WHOLE = 0x80;
/** The line was longer than a stored line may be and goes on in the stream's next one. */
export const FLAG_CONTINUED = 0x01;

const STREAM_OF_CODE: readonly LogStream[] = ['stdout', 'stderr', 'nightjar'];
const CODE_OF_STREAM: Readonly<Record<LogStream, number>> = { stdout: 0, stderr: 1, nightjar: 2 };
const HIGH = 2 ** 32;

export interface LogRecord {
  readonly end: number;
  readonly at: number;
  readonly consumed: number;
  readonly taskRunId: number;
  readonly stream: LogStream;
  readonly isContinued: boolean;
}

/** Whose lines: one attempt of a task, one stream of it. */
export interface LineOwner {
  readonly taskRunId: number;
  readonly stream: LogStream;
}

export const textPath = (folder: string) => join(folder, 'run.log');
export const indexPath = (folder: string) => join(folder, 'run.idx');
export const listPath = (folder: string, owner: LineOwner) => join(folder, `${owner.taskRunId}.${owner.stream}.lines`);

/** The owner that a list's file name tells; undefined for any other file. */
export function ownerOfList(fileName: string): LineOwner | undefined {
  const match = /^(\d+)\.(stdout|stderr|nightjar)\.lines$/.exec(fileName);
  return match ? { taskRunId: Number(match[1]), stream: match[2] as LogStream } : undefined;
}

export function putRecord(
  words: Uint32Array,
  place: number,
  end: number,
  at: number,
  consumed: number,
  owner: LineOwner,
  flags: number,
): void {
  words[place] = end;
  words[place + 1] = at;
  words[place + 2] = consumed;
  words[place + 3] = owner.taskRunId;
  words[place + 4] = ((end / HIGH) & 0xffff) | (((at / HIGH) & 0xffff) << 16);
  words[place + 5] = ((consumed / HIGH) & 0xffff) | (CODE_OF_STREAM[owner.stream] << 16) | ((flags | FLAG_WHOLE) << 24);
}

/** The record at a byte offset; undefined where the bytes there are none. */
export function getRecord(bytes: Buffer, offset: number): LogRecord | undefined {
  const flags = bytes[offset + 23]!;
  const stream = STREAM_OF_CODE[bytes[offset + 22]!];
  if ((flags & FLAG_WHOLE) === 0 || stream === undefined) return undefined;
  return {
    end: getEnd(bytes, offset),
    at: bytes.readUInt32LE(offset + 4) + bytes.readUInt16LE(offset + 18) * HIGH,
    consumed: bytes.readUInt32LE(offset + 8) + bytes.readUInt16LE(offset + 20) * HIGH,
    taskRunId: bytes.readUInt32LE(offset + 12),
    stream,
    isContinued: (flags & FLAG_CONTINUED) !== 0,
  };
}

/** Where the line of the record at a byte offset ends in run.log. */
export function getEnd(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt16LE(offset + 16) * HIGH;
}

export function isSelected(selection: LogSelection, owner: LineOwner): boolean {
  const { taskRunIds, streams } = selection;
  return (taskRunIds?.includes(owner.taskRunId) ?? true) && (streams?.includes(owner.stream) ?? true);
}
