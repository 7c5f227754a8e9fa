import { setFlagsFromString } from 'node:v8';

/**
 * How V8 is to trade memory for time in an application that idles in the tray all day. Imported for its effect, as early as can be:
 * what is imported later makes the heap grow. Plain JavaScript, because bin/nightjar.js is.
 *
 * - The young generation stays at the 1 MiB that it begins with. V8 doubles it while files are parsed or lists are made, up to 64 MiB and
 *   more, and gives little of it back: 16 MiB with 1,000 jobs, 100 MiB with 10,000.
 * - A function is compiled to machine code after ten times as many calls as V8 would wait for. What parses the job files at a start is not
 *   compiled any more, which took as long as it saved, and 12 MiB.
 *
 * Neither costs any throughput that could be measured (test/bench/tried.md). V8 reads these numbers whenever it decides, so they may be set
 * while it runs. One that does not know a name says so to the terminal: Node's is only told where it is the one that this was tried with.
 */
const SETTINGS = [
  '--semi-space-growth-factor=1',
  '--invocation-count-for-maglev=4000',
  '--invocation-count-for-turbofan=30000',
];

const isTried = process.versions.v8.startsWith('13.') || process.versions.electron !== undefined;
if (isTried) for (const setting of SETTINGS) setFlagsFromString(setting);
