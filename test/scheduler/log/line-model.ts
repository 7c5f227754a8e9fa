import fc from 'fast-check';
import type { LogLine, LogSelection } from '../../../electron/scheduler/log/log-slice.ts';

/** What two attempts write on two streams, in the order of arrival: random bytes with many of those that matter in lines. */
export interface Chunk {
  readonly taskRunId: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

const byte = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0x0a, 0x0d, 0x61) },
  { weight: 2, arbitrary: fc.constantFrom(0xe2, 0x82, 0xac, 0xff, 0x00) },
  { weight: 1, arbitrary: fc.nat(255) },
);
export const chunks: fc.Arbitrary<Chunk[]> = fc.array(
  fc.record({
    taskRunId: fc.constantFrom(1, 2, 3),
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    bytes: fc.array(byte, { maxLength: 25 }).map((list) => Uint8Array.from(list)),
  }),
  { maxLength: 30, size: 'max' },
);
export const selections: fc.Arbitrary<LogSelection> = fc.record(
  {
    taskRunIds: fc.uniqueArray(fc.constantFrom(1, 2, 3, 9)),
    streams: fc.uniqueArray(fc.constantFrom('stdout' as const, 'stderr' as const, 'nightjar' as const)),
  },
  { requiredKeys: [] },
);

type ModelLine = Pick<LogLine, 'number' | 'taskRunId' | 'stream' | 'text'>;

/** The lines that a log of these chunks must have, found the simplest way. No line is long, no secret there. */
export class LineModel {
  readonly lines: ModelLine[] = [];
  #open = new Map<string, number[]>();

  write({ taskRunId, stream, bytes }: Chunk): void {
    const key = `${taskRunId}.${stream}`;
    const open = this.#open.get(key) ?? [];
    for (const byteOf of bytes) {
      if (byteOf === 0x0a) {
        if (open.at(-1) === 0x0d) open.pop();
        this.#add(taskRunId, stream, open.splice(0));
      } else open.push(byteOf);
    }
    this.#open.set(key, open);
  }

  /** Lines are finished in the order in which their streams began. */
  endAttempt(taskRunId: number): void {
    for (const [key, open] of this.#open) {
      const [id, stream] = key.split('.');
      if (Number(id) === taskRunId && open.length > 0)
        this.#add(taskRunId, stream as LogLine['stream'], open.splice(0));
    }
  }

  selected({ taskRunIds, streams }: LogSelection): ModelLine[] {
    return this.lines.filter(
      (line) => (taskRunIds?.includes(line.taskRunId) ?? true) && (streams?.includes(line.stream) ?? true),
    );
  }

  #add(taskRunId: number, stream: LogLine['stream'], bytes: number[]): void {
    const text = new TextDecoder('utf-8', { ignoreBOM: true })
      .decode(Uint8Array.from(bytes))
      .replaceAll('\0', '\u2400');
    this.lines.push({ number: this.lines.length, taskRunId, stream, text });
  }
}

export const asModel = ({ number, taskRunId, stream, text }: LogLine): ModelLine => ({
  number,
  taskRunId,
  stream,
  text,
});
