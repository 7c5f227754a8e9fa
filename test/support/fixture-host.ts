import path from 'node:path';
import type { Input, Job, Method, Output, Run, Secrets, Status, Storage } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { OfferedFiles } from '../../electron/host/offered-files.ts';
import { serveHttp, type HttpHost } from '../../electron/host/web-socket-wire.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { artifactHandlers } from './fixture-artifacts.ts';
import { fileHandlers } from './fixture-files.ts';
import { fixtureEnvironment } from './fixture-environment.ts';
import { fixtureJobs, fixtureStatus, fixtureUpcoming, NOW } from './fixture-jobs.ts';
import { fixtureRun, matches, NEWEST_RUN } from './fixture-history.ts';
import { shellHandlers } from './fixture-shell.ts';
import { fixtureSecrets, secretHandlers } from './fixture-secrets.ts';
import { fixtureStorage, storageHandlers } from './fixture-storage.ts';
import { fixtureDetail, fixtureRunning, fixtureWaiting } from './fixture-runs.ts';

/** What the host answers with; a test changes it and emits the event. */
export interface FixtureState {
  status: Status;
  jobs: Job[];
  running: Output<'queue.get'>['running'];
  waiting: Output<'queue.get'>['waiting'];
  /** How many ended runs the history has. */
  history: number;
  /** Ids of ended runs go down from here. */
  newestRun: number;
  storage: Storage;
  settings: Record<string, unknown>;
  secrets: Secrets;
  files: Map<string, string>;
}

export interface FixtureHost {
  /** With the token in its fragment, as a person gets it. */
  readonly address: string;
  readonly port: number;
  readonly state: FixtureState;
  /** Every call that changes something, in order. */
  readonly calls: { method: Method; input: unknown }[];
  readonly emit: HttpHost['emit'];
  /** Resolves with the input of the next call of this method. */
  called<M extends Method>(method: M): Promise<Input<M>>;
  /** Goes away and comes back on the same port, as a host that is started again. */
  restart(whileAway?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const TOKEN = 'fixture-token';
const READS =
  /^(status|doctor|jobs\.(list|upcoming)|queue\.get|runs\.(list|count|get|environment|stats)|log\.|files\.(read|check|schema)|artifacts\.list|shell\.read|secrets\.list|storage\.list|settings\.get)/;

/**
 * A host for the window's tests: the real contract over a real WebSocket and the real static server, with a scheduler that is a
 * few tables in memory. Commands change the tables as the scheduler would, so that a person at the page sees their effect.
 */
export async function startFixtureHost(
  change: (state: FixtureState) => void = () => {},
  overrides: Partial<Handlers> = {},
  onPort = 0,
): Promise<FixtureHost> {
  const state: FixtureState = {
    status: fixtureStatus(),
    jobs: fixtureJobs(),
    running: fixtureRunning(),
    waiting: fixtureWaiting(),
    history: NEWEST_RUN,
    newestRun: NEWEST_RUN - 20,
    storage: fixtureStorage(),
    settings: {},
    secrets: fixtureSecrets(),
    files: new Map(fixtureJobs().map((job) => [job.file, `pipeline_name: ${job.pipelineName}\n`])),
  };
  change(state);
  const calls: FixtureHost['calls'] = [];
  const waiters: { method: Method; resolve: (input: never) => void }[] = [];
  const table: Handlers = { ...handlers(state, () => http), ...overrides };
  for (const [name, handler] of Object.entries(table) as [Method, (input: unknown) => unknown][]) {
    (table as Record<string, unknown>)[name] = (input: unknown) => {
      if (!READS.test(name)) calls.push({ method: name, input });
      for (const waiter of waiters.filter(({ method }) => method === name)) {
        waiters.splice(waiters.indexOf(waiter), 1);
        waiter.resolve(input as never);
      }
      return handler(input);
    };
  }
  const open = (port: number): Promise<HttpHost> =>
    serveHttp({
      port,
      handlers: table,
      token: TOKEN,
      offered,
      staticFolder: path.resolve(import.meta.dirname, '../../dist/renderer'),
      onBug: (thrown) => console.error(thrown),
    });
  let http: HttpHost = await open(onPort);
  const { port } = http;
  return {
    address: `${http.url}/#token=${TOKEN}`,
    port,
    state,
    calls,
    emit: (event, key, data) => http.emit(event, key, data),
    called: (method) => new Promise((resolve) => waiters.push({ method, resolve })),
    async restart(whileAway) {
      await http.close();
      await whileAway?.();
      http = await open(port);
    },
    close: () => http.close(),
  };
}

const offered = new OfferedFiles();

function handlers(state: FixtureState, http: () => HttpHost): Handlers {
  const changed = () => {
    state.waiting.forEach((run, index) => (run.position = index + 1));
    state.status.queued = state.waiting.length;
    state.status.running = state.running.length;
    http().emit('queue.changed', undefined, {});
    http().emit('jobs.changed', undefined, {});
    http().emit('status.changed', undefined, {});
  };
  const all = (): { id: number }[] => [...state.running, ...state.waiting];
  const find = (ref: number | string): Run => {
    const [job, number] = String(ref).split('#');
    const live = [...state.running, ...state.waiting].find(
      (run) => run.id === Number(ref) || (run.job === job && run.number === Number(number)),
    );
    if (live) return live;
    const id = Number(ref);
    if (!Number.isInteger(id) || id > state.newestRun || id <= state.newestRun - state.history) {
      throw new Failure('no-such-run', `There is no run ${ref}.`);
    }
    return fixtureRun(id, state.newestRun);
  };
  const jobOf = (id: string): Job => {
    const job = state.jobs.find((candidate) => candidate.id === id);
    if (!job) throw new Failure('no-such-job', `There is no job ${id}.`);
    return job;
  };
  const takeOut = (id: number) => {
    const [run] = state.waiting.splice(
      state.waiting.findIndex((candidate) => candidate.id === id),
      1,
    );
    return run!;
  };
  const enqueue = (job: string, params: Record<string, string>): Run => {
    const base = {
      ...fixtureRun(state.newestRun, state.newestRun),
      id: Math.max(...all().map(({ id }) => id), NEWEST_RUN) + 1,
    };
    const run = {
      ...base,
      job,
      params,
      pipelineName: jobOf(job).pipelineName,
      number: 1900,
      trigger: 'manual' as const,
    };
    const fresh = {
      state: 'queued' as const,
      reason: 'Both slots are in use.',
      startedAt: null,
      endedAt: null,
      exitCode: null,
    };
    state.waiting.unshift({
      ...run,
      ...fresh,
      position: 1,
      cause: 'capacity',
      missingSecrets: [],
      waitsFor: null,
      predictedStartAt: null,
    });
    changed();
    return state.waiting[0]!;
  };
  const counts = new Map<string, number>();
  const ids = function* () {
    for (let i = 0; i < state.history; i++) yield state.newestRun - i;
  };
  return {
    status: () => state.status,
    lookAgain: () => ({ missing: [] }),
    doctor: () => [{ name: 'engine', isOk: true, message: 'Docker 28.5 answers.' }],
    'jobs.list': () => state.jobs,
    'jobs.upcoming': ({ hours }) => {
      const known = new Set(state.jobs.map((job) => job.id));
      const { occurrences, bands } = fixtureUpcoming(hours);
      return { occurrences: occurrences.filter(({ job }) => known.has(job)), bands };
    },
    'jobs.skip': () => ({}),
    'queue.get': ({ limit }) => ({
      running: state.running,
      waiting: state.waiting.slice(0, limit),
      waitingCount: state.waiting.length,
      next: null,
    }),
    'queue.next': ({ job, params }) => {
      const waits = state.waiting.find((run) => run.job === job);
      if (!waits) return enqueue(job, params);
      state.waiting.unshift(takeOut(waits.id));
      changed();
      return waits;
    },
    'queue.first': ({ run }) => {
      const moved = takeOut(find(run).id);
      state.waiting.unshift(moved);
      changed();
      return moved;
    },
    'queue.move': ({ run, to, place }) => {
      const moved = takeOut(find(run).id);
      const target = state.waiting.findIndex((candidate) => candidate.id === Number(to));
      state.waiting.splice(place === 'before' ? target : target + 1, 0, moved);
      changed();
      return moved;
    },
    'queue.pause': ({ job, untilAt }) => {
      if (job === undefined) state.status.pause = { sinceAt: NOW, untilAt };
      else Object.assign(jobOf(job), { pause: { sinceAt: NOW, untilAt, by: 'window' }, state: 'paused' });
      changed();
      return {};
    },
    'queue.resume': ({ job }) => {
      if (job === undefined) state.status.pause = null;
      else Object.assign(jobOf(job), { pause: null, state: 'idle' });
      changed();
      return {};
    },
    'runs.list': ({ beforeId = Infinity, limit, ...filter }) => {
      const runs: Run[] = [];
      for (const id of ids()) {
        if (id >= beforeId) continue;
        const run = fixtureRun(id, state.newestRun);
        if (matches(run, filter) && runs.push(run) > limit) break;
      }
      return { runs: runs.slice(0, limit), hasMore: runs.length > limit };
    },
    'runs.count': (filter) => {
      const key = JSON.stringify([filter, state.history, state.newestRun]);
      const known = counts.get(key);
      if (known !== undefined) return { count: known, all: state.history };
      let count = 0;
      if (Object.values(filter).every((value) => value === undefined)) count = state.history;
      else for (const id of ids()) if (matches(fixtureRun(id, state.newestRun), filter)) count++;
      counts.set(key, count);
      return { count, all: state.history };
    },
    'runs.get': ({ run }) => fixtureDetail(find(run)),
    'runs.cancel': ({ run }) => {
      const cancelled = find(run);
      state.waiting = state.waiting.filter(({ id }) => id !== cancelled.id);
      state.running = state.running.filter(({ id }) => id !== cancelled.id);
      changed();
      return { ...cancelled, state: 'cancelled' };
    },
    'runs.environment': () => fixtureEnvironment(),
    'runs.stats': () => [],
    ...artifactHandlers(offered),
    'runs.again': ({ run }) => enqueue(find(run).job, {}),
    'log.slice': ({ from }) => ({ lines: [], from: Math.max(0, from), total: 0, unfinished: [] }),
    'log.at': () => ({ place: 0, total: 0 }),
    'log.place': () => ({ place: 0, total: 0 }),
    'log.search': () => ({ numbers: [], nextNumber: null }),
    'log.firstError': () => ({ number: null }),
    ...fileHandlers(state.files),
    'engine.start': () => {
      Object.assign(state.status, { engine: fixtureStatus().engine, engineStarter: null });
      changed();
      return {};
    },
    ...shellHandlers((shell) => http().emit('shell.grew', shell, { shell })),
    ...secretHandlers(state, () => {
      http().emit('secrets.changed', undefined, {});
      changed();
    }),
    ...storageHandlers(state, () => http().emit('storage.changed', undefined, {})),
    'settings.get': () => state.settings,
    'settings.set': ({ key, value }) => {
      state.settings[key] = value;
      return {};
    },
  };
}
