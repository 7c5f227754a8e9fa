import { inspect } from 'node:util';
import { bugLogOf, logBug } from '../bug-log.ts';
import { messageOf } from '../scheduler/failure.ts';

/** One sentence on standard error for who runs the command; where it happened is in the data folder, for who mends it. */
export function reportBug(thrown: unknown, dataFolder: string): void {
  const where = logBug(dataFolder, thrown)
    ? `${bugLogOf(dataFolder)} has where, and NIGHTJAR_DEBUG=1 shows it`
    : 'NIGHTJAR_DEBUG=1 shows where';
  process.stderr.write(`Something went wrong inside Nightjar: ${messageOf(thrown).replace(/\.$/, '')}. ${where}.\n`);
  if (process.env['NIGHTJAR_DEBUG'] === '1') process.stderr.write(`${inspect(thrown)}\n`);
}
