import { parentPort, workerData } from 'node:worker_threads';
import { readTextNow } from './file-text.ts';
import type { FoundFile } from './scan-home.ts';

/** Reads files of the home in `workerData`, batch by batch, and answers in the order it was asked; first of all it says that it is there. */
const folder = workerData as string;
const port = parentPort!;
port.on('message', (files: readonly FoundFile[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  port.postMessage(files.map((file) => readTextNow(folder, file)));
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
port.postMessage('here');
