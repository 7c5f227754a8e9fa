import type { Status } from '../api/api.ts';
import type { Handlers } from '../api/rpc.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

/** What only the host knows: what kind it is, and how it does what an operating system does. */
export interface HostPart {
  readonly kind: Status['host'];
  /** Moves a job file to where the user finds it again; resolves with words for the place. */
  trash(path: string, files: Scheduler['files']): Promise<string>;
  /** Opens a job file in the user's editor. */
  open(path: string, files: Scheduler['files']): Promise<void>;
  /** Shows a job file in the system's file manager. */
  reveal(path: string, files: Scheduler['files']): Promise<void>;
  /** A setting was stored that the host itself may have to act on. */
  settingChanged(key: string): void;
}

/** The contract, method by method, as calls of the scheduler. */
export function createHandlers(scheduler: Scheduler, host: HostPart): Handlers {
  const { jobs, queue, runs, secrets, settings } = scheduler;
  return {
    status: () => ({ ...scheduler.status(), host: host.kind }),
    doctor: () => scheduler.doctor(),

    'jobs.list': () => jobs.list(),
    'jobs.upcoming': ({ hours, limit }) => jobs.upcoming(hours, limit),
    'jobs.skip': ({ job, dueAt }) => done(jobs.skip(job, dueAt)),

    'queue.get': () => queue.get(),
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

    'log.slice': ({ run, from, count, ...selection }) => scheduler.logs.slice(run, selection, from, count),
    'log.at': ({ run, at, ...selection }) => scheduler.logs.placeAt(run, selection, at),
    'log.place': ({ run, number, ...selection }) => scheduler.logs.placeOf(run, selection, number),
    'log.search': ({ run, ...query }) => scheduler.logs.search(run, query),
    'log.firstError': async ({ run, ...selection }) => ({ number: await scheduler.logs.firstError(run, selection) }),

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
