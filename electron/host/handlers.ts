import type { Status } from '../api/api.ts';
import type { Handlers } from '../api/rpc.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

/** What only the host knows: what kind it is, and how it does what an operating system does. */
export interface HostPart {
  readonly kind: Status['host'];
  /** Moves a file (absolute path) to where the user finds it again; resolves with a word for the place. */
  trash(file: string): Promise<string>;
}

/** The contract, method by method, as calls of the scheduler. */
export function createHandlers(scheduler: Scheduler, host: HostPart): Handlers {
  const { jobs, queue, runs, logs, files, settings } = scheduler;
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
    'queue.resume': ({ job }) => done(queue.resume(job)),

    'runs.list': (filter) => runs.list(filter),
    'runs.count': (filter) => runs.count(filter),
    'runs.get': ({ run }) => runs.get(run),
    'runs.cancel': ({ run }) => runs.cancel(run),
    'runs.again': ({ run, definition }) => runs.again(run, definition),

    'log.slice': ({ run, from, count, ...selection }) => logs.slice(run, selection, from, count),
    'log.at': ({ run, at, ...selection }) => logs.placeAt(run, selection, at),
    'log.place': ({ run, number, ...selection }) => logs.placeOf(run, selection, number),
    'log.search': ({ run, ...query }) => logs.search(run, query),
    'log.firstError': async ({ run, ...selection }) => ({ number: await logs.firstError(run, selection) }),

    'files.read': ({ path }) => files.read(path),
    'files.check': ({ path, text }) => files.check(path, text),
    'files.save': ({ path, text, basedOn }) => files.save(path, text, basedOn),
    'files.trash': async ({ path }) => ({ to: await host.trash(files.absolute(path)) }),
    'files.schema': () => files.schema(),

    'settings.get': () => settings.all(),
    'settings.set': ({ key, value }) => done(settings.set(key, value)),
  };
}

/** What a method without an answer answers. */
function done(_nothing: void): Record<string, never> {
  return {};
}
