import type { Status } from '../api/api.ts';
import type { Handlers } from '../api/rpc.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { OfferedFile } from './offered-files.ts';
import { engineStarterOf, startEngine } from './start-engine.ts';

/** What only the host knows: what kind it is, and how it does what an operating system does. */
export interface HostPart {
  readonly kind: Status['host'];
  /** Moves a job file to where the user finds it again; resolves with words for the place. */
  trash(path: string, files: Scheduler['files']): Promise<string>;
  /** Opens a job file in the user's editor. */
  open(path: string, files: Scheduler['files']): Promise<void>;
  /** Shows a job file in the system's file manager. */
  reveal(path: string, files: Scheduler['files']): Promise<void>;
  /** Opens a file of this machine in the program that the user has for it. */
  openFile(file: string): Promise<void>;
  /** Shows a file or folder of this machine in the system's file manager. */
  revealFile(file: string): Promise<void>;
  /** The path of an address under which the file can be had once. */
  offer(file: OfferedFile): string;
  /** A setting was stored that the host itself may have to act on. */
  settingChanged(key: string): void;
}

/** The contract, method by method, as calls of the scheduler. */
export function createHandlers(scheduler: Scheduler, host: HostPart): Handlers {
  const { jobs, queue, runs, secrets, settings } = scheduler;
  return {
    status: () => {
      const status = scheduler.status();
      return { ...status, host: host.kind, engineStarter: engineStarterOf(status.engine)?.name ?? null };
    },
    doctor: () => scheduler.doctor(),
    lookAgain: async () => ({ missing: await scheduler.lookAgain() }),

    'jobs.list': () => jobs.listInTurns(),
    'jobs.upcoming': ({ hours, limit }) => jobs.upcoming(hours, limit),
    'jobs.skip': ({ job, dueAt }) => done(jobs.skip(job, dueAt)),

    'queue.get': ({ limit, after }) => queue.get(limit, after),
    'queue.next': ({ job, params }) => scheduler.addJob(job, params),
    'queue.first': ({ run }) => queue.moveFirst(run),
    'queue.move': ({ run, to, place }) => queue.move(run, to, place),
    'queue.pause': ({ job, untilAt }) => done(queue.pause(job, untilAt)),
    'queue.resume': async ({ job }) => done(await queue.resume(job)),

    'runs.list': (filter) => runs.list(filter),
    'runs.count': (filter) => runs.count(filter),
    'runs.get': ({ run }) => runs.get(run),
    'runs.cancel': ({ run }) => runs.cancel(run),
    'runs.again': ({ run, definition, from }) => runs.again(run, definition, from),
    'runs.environment': ({ run }) => runs.environment(run),
    'runs.stats': ({ run }) => runs.stats(run),

    'artifacts.list': ({ run }) => scheduler.artifacts.list(run),
    'artifacts.open': async ({ run, path }) => done(await host.openFile(await scheduler.artifacts.locate(run, path))),
    'artifacts.reveal': async ({ run, path }) =>
      done(await host.revealFile(await scheduler.artifacts.locate(run, path))),
    'artifacts.download': async ({ run, path }) => ({
      path: host.offer(await scheduler.artifacts.toRead(run, path)),
    }),

    'log.slice': ({ run, from, count, ...selection }) => scheduler.logs.slice(run, selection, from, count),
    'log.at': ({ run, at, ...selection }) => scheduler.logs.placeAt(run, selection, at),
    'log.place': ({ run, number, ...selection }) => scheduler.logs.placeOf(run, selection, number),
    'log.search': ({ run, ...query }) => scheduler.logs.search(run, query),
    'log.firstError': async ({ run, ...selection }) => ({ number: await scheduler.logs.firstError(run, selection) }),

    'kept.remove': async ({ taskRunId }) => done(await scheduler.kept.remove(taskRunId)),
    'shell.open': async ({ taskRunId, ...size }) => ({ shell: await scheduler.shells.open(taskRunId, size) }),
    'shell.read': ({ shell, from }) => scheduler.shells.read(shell, from),
    'shell.write': ({ shell, text }) => done(scheduler.shells.write(shell, text)),
    'shell.resize': async ({ shell, ...size }) => done(await scheduler.shells.resize(shell, size)),
    'shell.close': async ({ shell }) => done(await scheduler.shells.close(shell)),
    'engine.start': async () => done(await startEngine(scheduler)),

    'files.read': ({ path }) => scheduler.files.read(path),
    'files.check': ({ path, text }) => scheduler.files.check(path, text),
    'files.save': ({ path, text, basedOn }) => scheduler.files.save(path, text, basedOn),
    'files.trash': async ({ path }) => ({ to: await host.trash(path, scheduler.files) }),
    'files.open': async ({ path }) => done(await host.open(path, scheduler.files)),
    'files.reveal': async ({ path }) => done(await host.reveal(path, scheduler.files)),
    'files.schema': () => scheduler.files.schema(),

    'secrets.list': () => secrets.list(),
    'secrets.set': async ({ name, value, where }) => ({ store: await secrets.set(name, value, where) }),
    'secrets.delete': async ({ name }) => done(await secrets.delete(name)),

    'storage.list': () => scheduler.storage.list(),
    'storage.cleanUp': () => scheduler.storage.cleanUp(),
    'storage.removeHistory': ({ job }) => scheduler.storage.removeHistory(job),

    'settings.get': () => settings.all(),
    'settings.set': ({ key, value }) => {
      settings.set(key, value);
      host.settingChanged(key);
      return {};
    },
  };
}

/** What a method without an answer answers. */
function done(_nothing: void): Record<string, never> {
  return {};
}
