import type { RunDetail } from '../../../electron/api/api.ts';
import type { LogStream } from '../../../electron/api/words.ts';

/** Why there is nothing to read, as a sentence. */
export function emptyWords(run: RunDetail, task: string | null, streams: readonly LogStream[] | null): string {
  if (streams !== null) return `Nothing came through ${streams.join(' and ')}. Other streams are hidden.`;
  if (task !== null) return `No output of ${task} yet.`;
  switch (run.state) {
    case 'queued':
      return 'No output: it has not started yet.';
    case 'running':
      return 'No output yet.';
    case 'skipped':
      return 'No output: this run was skipped.';
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'timed-out':
    case 'interrupted':
      return 'It ended without any output.';
    default:
      return run.state satisfies never;
  }
}

/** Hands a file to the person: where it goes is the browser's, or the desktop's, to ask. */
export function download(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold on the data from the next turn on.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
