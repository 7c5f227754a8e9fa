import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import type { LogLine } from '../../../electron/scheduler/log/log-slice.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A folder that is gone after the test. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function aLog(options: { secrets?: readonly string[]; folder?: string } = {}) {
  const folder = options.folder ?? (await aFolder());
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const writer = await LogWriter.open(folder, { clock, secrets: options.secrets });
  onTestFinished(() => writer.close());
  return { folder, clock, writer, reader: new LogReader(folder, writer), task: writer.taskLog(7) };
}

export const bytes = (text: string) => Buffer.from(text);

export const texts = (lines: readonly LogLine[]) => lines.map((line) => line.text);

/** Everything in a log, read as a whole. */
export async function allLines(folder: string): Promise<readonly LogLine[]> {
  const reader = new LogReader(folder);
  const lines: LogLine[] = [];
  for (;;) {
    const slice = await reader.slice({}, lines.length, 5_000, 64 * 1024 * 1024);
    lines.push(...slice.lines);
    if (lines.length >= slice.total) return lines;
  }
}
