import { isUtf8 } from 'node:buffer';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { FEW_LINES, textPath } from '../../../electron/scheduler/log/log-index.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import { aFolder, aLog, allLines, bytes, texts } from './a-log.ts';

const MIB = 1024 * 1024;

/** What is stored of these chunks of one stream. */
async function stored(chunks: readonly (string | Uint8Array)[], secrets: readonly string[] = []) {
  const { writer, task, folder } = await aLog({ secrets });
  for (const chunk of chunks) await task.write('stdout', typeof chunk === 'string' ? bytes(chunk) : chunk);
  await writer.endAttempt(7);
  return allLines(folder);
}

test('a line has its moment, its attempt and its stream', async () => {
  const { writer, task, clock, reader } = await aLog();
  await task.write('stdout', bytes('one\n'));
  clock.advance(1_000);
  await task.write('stderr', bytes('two\n'));
  writer.note(0, 'three');
  await writer.flush();
  const start = clock.now() - 1_000;
  expect((await reader.slice({}, 0, 10)).lines).toEqual([
    { number: 0, at: start, taskRunId: 7, stream: 'stdout', text: 'one', isContinued: false },
    { number: 1, at: start + 1_000, taskRunId: 7, stream: 'stderr', text: 'two', isContinued: false },
    { number: 2, at: start + 1_000, taskRunId: 0, stream: 'nightjar', text: 'three', isContinued: false },
  ]);
});

test('who says nothing has no files, and is an empty log', async () => {
  const root = await aFolder();
  const folder = join(root, '0', '12');
  const { writer, task } = await aLog({ folder });
  await task.write('stdout', bytes(''));
  await writer.endAttempt(7);
  await writer.close();
  expect(await readdir(root)).toEqual([]);
  expect(await allLines(folder)).toEqual([]);
});

test('a line may come in any number of pieces', async () => {
  expect(texts(await stored(['a', 'b', 'c\nd', '\n', '\ne\n']))).toEqual(['abc', 'd', '', 'e']);
});

test('a stream that ends without a line ending loses nothing', async () => {
  expect(texts(await stored(['first\nlast']))).toEqual(['first', 'last']);
});

test('a carriage return before the line ending is dropped, also when they come apart, and others stay', async () => {
  expect(texts(await stored(['a\r\n10%\r20%\r', '\nb\r\r\nc\r']))).toEqual(['a', '10%\r20%', 'b\r', 'c\r']);
});

test('a character that two chunks share is whole', async () => {
  const euro = bytes('10 €\n');
  expect(texts(await stored([euro.subarray(0, 4), euro.subarray(4, 5), euro.subarray(5)]))).toEqual(['10 €']);
});

test('bytes that are no UTF-8 are replaced, also where chunks meet', async () => {
  const chunks = [Buffer.from([0x78, 0xff]), Buffer.from([0x79, 0x0a, 0xe2]), Buffer.from([0x82, 0x0a, 0x7a, 0x0a])];
  expect(texts(await stored(chunks))).toEqual(['x\ufffdy', '\ufffd', 'z']);
});

test('the file is valid UTF-8, whatever came', async () => {
  const { writer, task, folder } = await aLog();
  await task.write('stdout', Buffer.from([0x78, 0xff, 0x0a, 0xc3]));
  await writer.close();
  expect(isUtf8(await readFile(textPath(folder)))).toBe(true);
});

test('a NUL becomes a visible sign, so that grep takes the log for text', async () => {
  const lines = await stored(['\ufeffa\0b\n']);
  expect(texts(lines)).toEqual(['\ufeffa\u2400b']);
});

test('a line of 10 MB is split after each MiB, and the pieces say that they go on', async () => {
  const line = Buffer.alloc(10_000_000, 'abcdefghi');
  const lines = await stored([line.subarray(0, 3_333_333), line.subarray(3_333_333), '\nnext\n']);
  expect(lines.map(({ text, isContinued }) => [text.length, isContinued])).toEqual([
    ...Array.from({ length: 9 }, () => [MIB, true]),
    [10_000_000 - 9 * MIB, false],
    [4, false],
  ]);
  expect(
    lines
      .slice(0, 10)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(line.toString());
});

test('a line of exactly 1 MiB is not split, whatever its line ending', async () => {
  const line = 'x'.repeat(MIB);
  const lines = await stored([`${line}\n`, line, '\r', '\n']);
  expect(lines.map(({ text, isContinued }) => [text.length, isContinued])).toEqual([
    [MIB, false],
    [MIB, false],
  ]);
});

test('a long line is not split within a character', async () => {
  const lines = await stored([`xx${'€'.repeat(400_000)}\n`]);
  expect(lines.map((line) => line.text).join('')).toBe(`xx${'€'.repeat(400_000)}`);
  expect(lines).toHaveLength(2);
});

test('a secret is masked across any border of chunks', async () => {
  for (let cut = 0; cut <= 20; cut++) {
    const text = 'pass swordfish end\nx\n';
    expect(texts(await stored([text.slice(0, cut), text.slice(cut)], ['swordfish']))).toEqual(['pass ••••• end', 'x']);
  }
});

test('a long line is not split within a secret', async () => {
  const line = `${'x'.repeat(MIB - 4)}swordfish${'y'.repeat(20)}`;
  for (const chunks of [[`${line}\n`], [line.slice(0, MIB), line.slice(MIB), '\n']]) {
    const lines = await stored(chunks, ['swordfish']);
    expect(lines.map((piece) => piece.text.replaceAll(/x+/g, 'x'))).toEqual(['x', `•••••${'y'.repeat(20)}`]);
  }
});

test('what Nightjar says is masked too', async () => {
  const { writer, folder } = await aLog({ secrets: ['swordfish'] });
  writer.note(7, 'docker run -e PW=swordfish\nsecond line');
  await writer.flush();
  expect(texts(await allLines(folder))).toEqual(['docker run -e PW=•••••', 'second line']);
});

test('nothing of a secret is ever in the file', async () => {
  const { writer, task, folder, clock } = await aLog({ secrets: ['swordfish'] });
  for (const letter of 'a swordfish b\n') {
    await task.write('stdout', bytes(letter));
    clock.advance(300);
    await writer.flush();
    expect(
      writer
        .unfinished()
        .map((line) => line.text)
        .join(''),
    ).not.toMatch(/s$|sw/);
  }
  expect(await readFile(textPath(folder), 'utf8')).toBe('a ••••• b\n');
});

test('a line is in the file 10 ms after it came, without anybody asking', async () => {
  const { writer, task, clock } = await aLog();
  const grown = new Promise<number>((resolve) => writer.onGrew(resolve));
  await task.write('stdout', bytes('line\n'));
  expect(writer.lines).toBe(0);
  clock.advance(10);
  expect(await grown).toBe(1);
  expect([writer.lines, writer.bytes]).toEqual([1, 5]);
});

test('an unfinished line is shown after 200 ms, told about, and gone when it has ended', async () => {
  const { writer, task, clock, reader } = await aLog();
  let told = 0;
  writer.onGrew(() => told++);
  await task.write('stdout', bytes('Password: '));
  clock.advance(199);
  expect([writer.unfinished(), told]).toEqual([[], 0]);
  clock.advance(1);
  expect(told).toBe(1);
  expect((await reader.slice({}, 0, 10)).unfinished).toEqual([
    { at: clock.now() - 200, taskRunId: 7, stream: 'stdout', text: 'Password: ' },
  ]);
  expect((await reader.slice({ streams: ['stderr'] }, 0, 10)).unfinished).toEqual([]);
  await task.write('stdout', bytes('ok\n'));
  expect(writer.unfinished()).toEqual([]);
});

test('of a line that began while another was watched, nothing is shown too early', async () => {
  const { writer, task, clock } = await aLog();
  let told = 0;
  writer.onGrew(() => told++);
  await task.write('stdout', bytes('first'));
  clock.advance(150);
  await task.write('stderr', bytes('second'));
  clock.advance(50);
  expect(writer.unfinished().map((line) => line.text)).toEqual(['first']);
  expect(told).toBe(1);
  clock.advance(200);
  expect(writer.unfinished().map((line) => line.text)).toEqual(['first', 'second']);
  expect(told).toBe(2);
});

test('who writes faster than the disk has to wait, and memory stays bounded', async () => {
  const { writer, task } = await aLog();
  const chunk = Buffer.alloc(64 * 1024, 'some text in a line\n');
  let hadToWait = false;
  for (let i = 0; i < 64; i++) {
    let isDone = false;
    const room = task.write('stdout', chunk).then(() => (isDone = true));
    await Promise.resolve();
    await Promise.resolve();
    hadToWait ||= !isDone;
    await room;
  }
  expect(hadToWait).toBe(true);
  await writer.flush();
  expect(writer.bytes).toBeGreaterThan(64 * chunk.length - 20);
});

test('a log that is opened again goes on, and knows what it has of each stream', async () => {
  const { writer, task, folder, clock } = await aLog();
  await task.write('stdout', bytes('eins\r\nzwei\nunfinished'));
  await task.write('stderr', bytes('oops\n'));
  await writer.flush();
  expect([task.consumed('stdout'), task.consumed('stderr')]).toEqual([21, 5]);

  // As after a crash: the first writer is never closed before the second opens.
  const second = await LogWriter.open(folder, { clock });
  const again = second.taskLog(7);
  expect([again.consumed('stdout'), again.consumed('stderr')]).toEqual([11, 5]);
  await again.write('stdout', bytes('unfinished no more\n'));
  await second.close();
  expect(texts(await allLines(folder))).toEqual(['eins', 'zwei', 'oops', 'unfinished no more']);
});

test('closing finishes every line, and leaves no timer', async () => {
  const { writer, task, folder, clock } = await aLog();
  await task.write('stdout', bytes('no end'));
  await writer.close();
  expect(texts(await allLines(folder))).toEqual(['no end']);
  expect(clock.pending).toBe(0);
  await expect(task.write('stdout', bytes('x'))).rejects.toThrow(/closed/);
});

test('an attempt that has ended may still be written to', async () => {
  const { writer, task, folder } = await aLog();
  await task.write('stdout', bytes('before\n'));
  await writer.endAttempt(7);
  await task.write('stdout', bytes('after\n'));
  await writer.endAttempt(7);
  expect(texts(await allLines(folder))).toEqual(['before', 'after']);
});

test('a log of few lines is two files, and one line more makes a list of each attempt and stream', async () => {
  const { writer, task, folder, reader } = await aLog();
  await task.write('stdout', bytes('x\n'.repeat(FEW_LINES - 1)));
  await task.write('stderr', bytes('wrong\n'));
  await writer.endAttempt(7);
  expect((await readdir(folder)).sort()).toEqual(['run.idx', 'run.log']);
  expect(await reader.total({ streams: ['stderr'] })).toBe(1);
  expect((await reader.slice({ streams: ['stdout'] }, -1, 5)).lines[0]?.number).toBe(FEW_LINES - 2);

  await writer.taskLog(8).write('stdout', bytes('one more\n'));
  await writer.endAttempt(8);
  expect((await readdir(folder)).sort()).toEqual([
    '7.stderr.lines',
    '7.stdout.lines',
    '8.stdout.lines',
    'run.idx',
    'run.log',
  ]);
  const selected = await reader.slice({ streams: ['stderr'] }, 0, 5);
  expect(selected.lines.map(({ number, text }) => [number, text])).toEqual([[FEW_LINES - 1, 'wrong']]);
  expect(await reader.total({ taskRunIds: [7] })).toBe(FEW_LINES);
});

test('attempts that have ended hold no files open', async ({ skip }) => {
  if (process.platform !== 'linux') return skip('only Linux tells what files a process has open');
  const { writer, folder } = await aLog();
  for (let id = 1; id <= 20; id++) {
    await writer.taskLog(id).write('stdout', bytes('x\n'.repeat(FEW_LINES / 10)));
    await writer.endAttempt(id);
  }
  expect(await readdir(folder)).toHaveLength(2 + 20);
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  const open = targets.filter((path) => path.startsWith(folder)).map((path) => basename(path));
  expect(open).toEqual(expect.arrayContaining(['run.idx', 'run.log']));
  expect(open.filter((name) => name.endsWith('.lines'))).toEqual([]);
});
