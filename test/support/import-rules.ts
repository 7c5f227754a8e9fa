/**
 * Who may import whom: architecture.md's list, as a function of two places. Files are named by their path from the root of the
 * checkout, packages and Node's own modules by what is written in the import.
 */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** What a stage of the scheduler may know besides itself: everything else it is handed as a function by scheduler.ts. */
const STAGES: Readonly<Record<string, readonly (string | { typesOf: string })[]>> = {
  'job-file': ['sync-folder.ts'],
  trigger: [],
  store: ['run/run-state.ts', 'sync-folder.ts', { typesOf: 'executor/executor.ts' }],
  queue: ['store/', 'run/run-state.ts'],
  run: ['executor/executor.ts', 'log/', { typesOf: 'store/' }],
  workspace: [
    'executor/executor.ts',
    'job-file/git-url.ts',
    'log/mask.ts',
    'disk-reserve.ts',
    'file-lock.ts',
    { typesOf: 'run/run-context.ts' },
    { typesOf: 'store/commit-store.ts' },
  ],
  executor: [],
  stats: [{ typesOf: 'executor/executor.ts' }],
  log: [{ typesOf: 'executor/executor.ts' }],
};
/** Known to every stage: the port to time, the turns of the event loop, the kind of error, the words for a duration, and the job as the user wrote it. */
const COMMON = new Set(['clock.ts', 'turn.ts', 'failure.ts', 'duration.ts', 'job-file/definition.ts']);

const API = 'electron/api/';
const SCHEDULER = 'electron/scheduler/';

/** "job-queue.ts imports electron", or undefined where the import keeps the rules. */
export function violationOf({ from, to, isTypeOnly }: Import): string | undefined {
  return isAllowed(from, to, isTypeOnly) ? undefined : `${from} imports ${to}`;
}

function isAllowed(from: string, to: string, isTypeOnly: boolean): boolean {
  if (from.startsWith(API)) return to === 'zod' || to.startsWith(API);
  if (from.startsWith('renderer/'))
    return isPackage(to) ? isForBrowser(to) : to.startsWith('renderer/') || to.startsWith(API);
  if (!from.startsWith('electron/')) return true;
  if (['renderer/', 'test/', 'scripts/'].some((folder) => to.startsWith(folder))) return false;
  if (from.startsWith(SCHEDULER)) return isAllowedInScheduler(from.slice(SCHEDULER.length), to, isTypeOnly);
  if (from.startsWith('electron/host/')) {
    if (to === 'electron') return from === 'electron/host/electron-wire.ts';
    return isPackage(to) || [API, SCHEDULER, 'electron/host/'].some((folder) => to.startsWith(folder));
  }
  return true;
}

function isAllowedInScheduler(from: string, to: string, isTypeOnly: boolean): boolean {
  if (isPackage(to)) {
    // What speaks to an engine or a forge speaks HTTP; what answers it is a host's business.
    if (/^(node:)?https?$/.test(to)) return from.startsWith('executor/');
    return !['electron', 'ws', 'node:http2', 'http2'].includes(to);
  }
  if (to.startsWith(API)) return to === `${API}words.ts` || isTypeOnly;
  if (!to.startsWith(SCHEDULER)) return false;
  const place = to.slice(SCHEDULER.length);
  const stage = stageOf(from);
  // scheduler.ts, job-manager.ts, view/ and their like put the stages together.
  if (stage === undefined) return !COMMON.has(from) || COMMON.has(place);
  if (stageOf(place) === stage || COMMON.has(place)) return true;
  return (STAGES[stage] ?? []).some((may) =>
    typeof may === 'string' ? place.startsWith(may) : isTypeOnly && place.startsWith(may.typesOf),
  );
}

function stageOf(place: string): string | undefined {
  const folder = place.slice(0, Math.max(0, place.indexOf('/')));
  return Object.hasOwn(STAGES, folder) ? folder : undefined;
}

function isPackage(to: string): boolean {
  return !/^(electron|renderer|test|scripts|resources)\//.test(to);
}

function isForBrowser(to: string): boolean {
  return to !== 'electron' && !to.startsWith('node:') && !['ws', 'better-sqlite3', 'dockerode'].includes(to);
}
