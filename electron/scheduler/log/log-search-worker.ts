import { parentPort } from 'node:worker_threads';
import { scanLog, type Found, type LogQuery } from './scan-log.ts';

export interface ScanRequest {
  readonly id: number;
  readonly folder: string;
  readonly query: LogQuery;
}

export type ScanAnswer = { readonly id: number } & ({ readonly found: Found } | { readonly error: unknown });

/** The thread that scans logs, one request after another. */
parentPort!.on('message', ({ id, folder, query }: ScanRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const answer = (message: ScanAnswer) => parentPort!.postMessage(message);
  try {
    answer({ id, found: scanLog(folder, query) });
  } catch (error) {
    answer({ id, error });
  }
});
