import fc from 'fast-check';
import { mkdtemp, rm, writeFile, readFile, readdir, truncate, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { allLines } from './a-log.ts';
import { LineModel, asModel, chunks, selections, type Chunk } from './line-model.ts';

const clock = new FakeClock('2026-03-01T08:00:00Z');

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-log-'));
  await use(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

/** Lines of an attempt that ended before the others began: a log of few lines has no lists, and gets them with the 513th. */
const earlier = fc.constantFrom(0, 0, 500, 512, 700);
const EARLIER_RUN = 9;

async function writeEarlier(writer: LogWriter, model: LineModel, count: number): Promise<void> {
  const chunk: Chunk = { taskRunId: EARLIER_RUN, stream: 'stdout', bytes: Buffer.from('x\n'.repeat(count)) };
  await writer.taskLog(EARLIER_RUN).write(chunk.stream, chunk.bytes);
  model.write(chunk);
  await writer.endAttempt(EARLIER_RUN);
}

const endings = fc.uniqueArray(fc.nat(30), { maxLength: 3 });

test('no line is lost, doubled or reordered, and every slice of every selection is that of the model', async () => {
  const slices = fc.array(fc.tuple(selections, fc.integer({ min: -40, max: 40 }), fc.nat(12)), {
    minLength: 5,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(earlier, chunks, endings, slices, async (count, all, endAt, asked) =>
      inFolder(async (folder) => {
        const writer = await LogWriter.open(folder, { clock });
        const model = new LineModel();
        await writeEarlier(writer, model, count);
        for (const [i, chunk] of all.entries()) {
          await writer.taskLog(chunk.taskRunId).write(chunk.stream, chunk.bytes);
          model.write(chunk);
          if (!endAt.includes(i)) continue;
          await writer.endAttempt(chunk.taskRunId);
          model.endAttempt(chunk.taskRunId);
        }
        for (const id of [1, 2, 3]) {
          await writer.endAttempt(id);
          model.endAttempt(id);
        }
        const reader = new LogReader(folder, writer);
        expect((await allLines(folder)).map(asModel)).toEqual(model.lines);
        for (const [selection, near, wanted] of asked) {
          const expected = model.selected(selection);
          // Among the earlier lines and behind them, also where they are not selected.
          const from = near < 0 || near % 2 === 0 ? near : count + near;
          const start = from < 0 ? Math.max(0, expected.length + from) : Math.min(from, expected.length);
          const slice = await reader.slice(selection, from, wanted);
          expect(slice.lines.map(asModel)).toEqual(expected.slice(start, start + wanted));
          expect([slice.from, slice.total]).toEqual([start, expected.length]);
          const number = Math.abs(from);
          const place = expected.filter((line) => line.number < number).length;
          expect(await reader.placeOf(selection, number)).toEqual({ place, total: expected.length });
        }
        await writer.close();
      }),
    ),
    { numRuns: 60 },
  );
});

/** Cuts every file of a log somewhere, as a crash or a loss of power may leave them. */
async function cut(folder: string, shares: readonly number[]): Promise<void> {
  for (const [i, name] of (await readdir(folder)).sort().entries()) {
    const path = join(folder, name);
    const share = shares[i % shares.length]!;
    await truncate(path, Math.round((await stat(path)).size * share));
  }
}

/** Writes, from where the log says that it goes on, all that a stream has delivered: as one who re-attaches. */
async function deliverAgain(writer: LogWriter, all: readonly Chunk[]): Promise<void> {
  for (const taskRunId of [1, 2, 3, EARLIER_RUN]) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const own = all.filter((chunk) => chunk.taskRunId === taskRunId && chunk.stream === stream);
      const task = writer.taskLog(taskRunId);
      await task.write(stream, Buffer.concat(own.map((chunk) => chunk.bytes)).subarray(task.consumed(stream)));
    }
    await writer.endAttempt(taskRunId);
  }
}

const share = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
);

test('whatever is cut off which file, the log agrees with itself, and what streams deliver again from there completes it', async () => {
  await fc.assert(
    fc.asyncProperty(earlier, chunks, fc.array(share, { minLength: 8, maxLength: 8 }), async (count, all, shares) =>
      inFolder(async (folder) => {
        const model = new LineModel();
        const before = await LogWriter.open(folder, { clock });
        await writeEarlier(before, model, count);
        for (const chunk of all) {
          await before.taskLog(chunk.taskRunId).write(chunk.stream, chunk.bytes);
          model.write(chunk);
        }
        await before.flush();
        // `before` is not closed until the end, as if it had been killed: what is unfinished is in no file.
        await cut(folder, shares);

        const after = await LogWriter.open(folder, { clock });
        const kept = (await allLines(folder)).map(asModel);
        expect(kept).toEqual(model.lines.slice(0, kept.length));
        expect(await readFile(join(folder, 'run.log'), 'utf8')).toBe(kept.map((line) => `${line.text}\n`).join(''));
        const reader = new LogReader(folder);
        for (const taskRunId of [1, 2, 3, EARLIER_RUN]) {
          const own = kept.filter((line) => line.taskRunId === taskRunId);
          expect((await reader.slice({ taskRunIds: [taskRunId] }, 0, 5_000)).lines.map(asModel)).toEqual(own);
        }

        await deliverAgain(after, [
          ...all,
          { taskRunId: EARLIER_RUN, stream: 'stdout', bytes: Buffer.from('x\n'.repeat(count)) },
        ]);
        for (const id of [1, 2, 3]) model.endAttempt(id);
        const complete = (await allLines(folder)).map(asModel);
        for (const taskRunId of [1, 2, 3, EARLIER_RUN]) {
          for (const stream of ['stdout', 'stderr'] as const) {
            const of = (lines: typeof complete) =>
              lines.filter((line) => line.taskRunId === taskRunId && line.stream === stream).map((line) => line.text);
            expect(of(complete)).toEqual(of(model.lines));
          }
        }
        await after.close();
        await before.close();
      }),
    ),
    { numRuns: 60 },
  );
});

test('lists that contradict the index, or are gone, are made anew', async () => {
  await inFolder(async (folder) => {
    const writer = await LogWriter.open(folder, { clock });
    for (let i = 0; i < 600; i++) await writer.taskLog(1 + (i % 2)).write('stdout', Buffer.from(`line ${i}\n`));
    await writer.close();
    const before = await readFile(join(folder, '1.stdout.lines'));

    await writeFile(join(folder, '1.stdout.lines'), await readFile(join(folder, '2.stdout.lines')));
    await rm(join(folder, '2.stdout.lines'));
    await (await LogWriter.open(folder, { clock })).close();
    expect(await readFile(join(folder, '1.stdout.lines'))).toEqual(before);
    expect(await new LogReader(folder).total({ taskRunIds: [2] })).toBe(300);
  });
});

test('zeros that a loss of power left at the end are no lines', async () => {
  await inFolder(async (folder) => {
    const writer = await LogWriter.open(folder, { clock });
    await writer.taskLog(1).write('stdout', Buffer.from('one\ntwo\n'));
    await writer.close();
    await truncate(join(folder, 'run.idx'), 48 + 240);
    await truncate(join(folder, 'run.log'), 4096);
    expect((await new LogReader(folder).slice({}, -100, 100)).lines.map((line) => line.text)).toEqual(['one', 'two']);
    await (await LogWriter.open(folder, { clock })).close();
    expect(await readFile(join(folder, 'run.log'), 'utf8')).toBe('one\ntwo\n');
    expect((await allLines(folder)).map((line) => line.text)).toEqual(['one', 'two']);
  });
});

test('a line whose text a loss of power took away is no line', async () => {
  await inFolder(async (folder) => {
    const writer = await LogWriter.open(folder, { clock });
    await writer.taskLog(1).write('stdout', Buffer.from('one\ntwo\n'));
    await writer.close();
    await truncate(join(folder, 'run.log'), 5);
    await truncate(join(folder, 'run.log'), 4096);
    const again = await LogWriter.open(folder, { clock });
    expect([again.lines, again.taskLog(1).consumed('stdout')]).toEqual([1, 4]);
    await again.close();
  });
});
