import { setTimeout as delay } from 'node:timers/promises';
import type { Run, RunFilter } from '../api/api.ts';
import { cancelRun } from './cancel-run.ts';
import type { Core } from './core.ts';
import { beforeFailedStep } from './failed-step.ts';
import { Failure } from './failure.ts';
import type { JobDefinition } from './job-file/definition.ts';
import { checkParams, toRemember } from './job-file/param-values.ts';
import { newRunOf } from './new-run-of.ts';
import type { NewRun } from './queue/job-queue.ts';
import { recoverOwnRuns } from './run/recover.ts';
import { isEnded } from './run/run-state.ts';
import type { RunRef, Scheduler } from './scheduler.ts';
import { listSecrets } from './secrets/secret-commands.ts';
import type { RunRecord } from './store/run-record.ts';
import { ALL_JOBS } from './store/schedule-store.ts';

/** How often a run is looked at that another process executes, or that somebody may have cancelled from there. */
const RUN_POLL_MS = 200;

type Commands = Pick<Scheduler, 'addJob' | 'runNow' | 'ended' | 'jobs' | 'queue' | 'runs' | 'secrets' | 'settings'>;

/** What a user can ask of a running scheduler. Each command is one change of the state and the hint that follows it. */
export function createCommands(core: Core): Commands {
  const addJob = (job: string, params: Readonly<Record<string, string>> = {}): Run => {
    const definition = runnable(job);
    return moved(givenByHand(definition, params, (run) => core.parts.queue.addFirst(run)));
  };

  return {
    addJob,
    runNow,
    ended,
    jobs: {
      list: () => core.parts.jobView.list(),
      brief: () => core.parts.jobView.brief(),
      listInTurns: () => core.parts.jobView.listInTurns(),
      upcoming: (hours, limit) => core.parts.jobView.upcoming(hours, limit),
      skip: (job, dueAt) => {
        core.parts.schedules.planSkip(core.parts.home.get(job).id, dueAt);
        core.emit('jobs.changed', undefined, {});
      },
      entries: () => core.parts.home.jobs(),
      get: (idOrName) => core.parts.home.get(idOrName),
      home: () => core.parts.home.home,
    },
    queue: {
      get: (limit = 1_000, after) => core.parts.runView.queue(limit, after),
      moveFirst: (run) => moved(core.parts.queue.moveFirst(find(run).id)),
      move: (run, to, place) => moved(core.parts.queue.move(find(run).id, find(to).id, place)),
      pause: (job, untilAt) => {
        if (untilAt !== null && untilAt <= core.clock.now()) {
          throw new Failure(
            'bad-moment',
            'A pause must end in the future. Leave its end out to pause until you resume.',
          );
        }
        core.parts.manager.pause(pausable(job), untilAt);
        pauseChanged();
      },
      resume: async (job) => {
        await core.parts.manager.resume(pausable(job));
        pauseChanged();
      },
    },
    runs: {
      list: ({ beforeId, limit, ...filter }) => {
        const runs = core.parts.history.listRuns(byJob(filter), { beforeId, limit: limit + 1 });
        return { runs: runs.slice(0, limit), hasMore: runs.length > limit };
      },
      count: (filter) => ({
        count: core.parts.history.countRuns(byJob(filter)),
        all: core.parts.history.countRuns({}),
      }),
      get: (run) => core.parts.runView.detail(find(run)),
      cancel: (run) => cancel(find(run)),
      again: (run, which, from) => {
        if (from === 'failed-step') return fromFailedStep(find(run), which);
        return which === 'current' ? currentAgain(find(run)) : sameAgain(find(run));
      },
      environment: (run) => core.parts.environmentView.of(find(run)),
      stats: (run) => core.parts.usage.read(find(run).id),
    },
    secrets: {
      list: () => {
        core.parts.secrets.watch();
        return listSecrets(core.parts.secretStore, core.parts.home.jobs());
      },
      set: async (name, value, where) => {
        const store = await core.parts.secretStore.set(name, value, where, core.clock.now());
        core.parts.secrets.forget();
        return store;
      },
      delete: async (name) => {
        await core.parts.secretStore.delete(name);
        core.parts.secrets.forget();
      },
    },
    settings: {
      all: () => core.parts.settings.all(),
      set: (key, value) => {
        core.parts.settings.set(key, value ?? undefined);
        core.limitsChanged();
      },
    },
  };

  function find(ref: RunRef): RunRecord {
    return core.parts.runView.find(ref);
  }

  function runNow(definition: JobDefinition, params: Readonly<Record<string, string>> = {}): Run {
    const { queue, active, lease } = core.parts;
    const queued = givenByHand(definition, params, (added) => queue.enqueue(added) as RunRecord);
    // Another instance that schedules may have been quicker; then it is that one's to execute, and its log is read all the same.
    const run = queue.claim(queued.id, lease.instance, queued.queuedAt);
    if (run !== undefined) active.start(run, definition);
    return run ?? queued;
  }

  async function ended(ref: RunRef): Promise<Run> {
    const { active, runs, queue, lease } = core.parts;
    const { id } = find(ref);
    for (;;) {
      const run = runs.getRun(id) as RunRecord;
      if (isEnded(run.state)) return run;
      if (!core.isScheduling) {
        for (const asked of queue.cancelRequests(lease.instance)) active.stop(asked, { kind: 'cancelled', by: 'you' });
        recoverOwnRuns(lease.instance, runs, active);
        if (run.state === 'queued' && (run.notBeforeAt ?? 0) <= core.clock.now()) goOn(run);
      }
      await Promise.race([active.has(id) ? active.ended(id) : delay(RUN_POLL_MS), delay(RUN_POLL_MS)]);
    }
  }

  /** The next attempt of a run that `runNow` began: nobody else need be there to execute it. */
  function goOn({ id }: RunRecord): void {
    const { active, runs, queue, lease } = core.parts;
    const run = queue.claim(id, lease.instance, core.clock.now());
    if (run !== undefined) active.start(run, runs.definitionOf(id) as JobDefinition);
  }

  function cancel(run: RunRecord): Run {
    if (cancelRun(core.parts, run, core.clock)) {
      core.runLeft(run.id, run.job);
      core.wake();
    }
    return find(run.id);
  }

  function currentAgain({ job, params }: RunRecord): Run {
    const definition = runnable(job);
    return moved(core.parts.queue.addFirst(manualRun(definition, checkParams(definition, params))));
  }

  function sameAgain(run: RunRecord): Run {
    const { queue } = core.parts;
    const again = manualRun(definitionOf(run), run.params);
    // One that waits already is moved only where it is the same job as then.
    for (const { job, definitionId } of queue.waiting()) {
      if (job !== run.job || definitionId === run.definitionId) continue;
      return moved(queue.moveFirst((queue.enqueue(again) as RunRecord).id));
    }
    return moved(queue.addFirst(again));
  }

  /** What was done before the failed step is stored with the new run, so that it starts where the other one failed. */
  function fromFailedStep(run: RunRecord, which: 'same' | 'current'): Run {
    if (which === 'current') {
      throw new Failure(
        'bad-choice',
        'From the failed step a run goes on with its own definition; run the current one from the start.',
      );
    }
    const { queue, tasks, commits } = core.parts;
    const definition = definitionOf(run);
    const done = beforeFailedStep(run, definition, tasks.taskRunsOf(run.id));
    const at = core.clock.now();
    return moved(
      queue.insertFirst(manualRun(definition, run.params), (runId) => {
        for (const taken of done) tasks.takeOver({ ...taken, runId, at });
        // What it goes on with was made from that one's commit, and may read what that one left.
        commits.goOnFrom(run.id, runId);
      }),
    );
  }

  function definitionOf(run: RunRecord): JobDefinition {
    const definition = core.parts.runs.definitionOf(run.id);
    if (definition !== undefined) return definition;
    throw new Failure(
      'no-definition',
      `${run.job}#${run.number} was skipped and never had a definition; use Run next.`,
    );
  }

  /** Checks the params that a person gave, and remembers them with the run that `put` queues. */
  function givenByHand(
    definition: JobDefinition,
    given: Readonly<Record<string, string>>,
    put: (run: NewRun) => RunRecord,
  ): RunRecord {
    const { db, lastParams } = core.parts;
    const params = checkParams(definition, given);
    return db
      .transaction(() => {
        lastParams.keep(definition.id, toRemember(definition, given, params));
        return put(manualRun(definition, params));
      })
      .immediate();
  }

  function manualRun(definition: JobDefinition, params: Readonly<Record<string, string>>): NewRun {
    return newRunOf(definition, 'manual', null, core.clock.now(), params);
  }

  /** The definition of a job by id or name; Failure where there is none that could run. */
  function runnable(job: string): JobDefinition {
    const { id, file, definition, problems } = core.parts.home.get(job);
    if (definition !== null) return definition;
    const first = problems.find(({ severity }) => severity === 'error');
    const where = first === undefined ? `${file} is not valid` : `${file}:${first.line}: ${first.message}`;
    throw new Failure('job-not-valid', `${id} cannot run: ${where}.`);
  }

  /** A job is named by its id, also where its file is gone, or by its `pipeline_name`. */
  function byJob(filter: RunFilter): RunFilter {
    const { job } = filter;
    if (job === undefined || core.parts.runs.hasBeen(`${job}#1`)) return filter;
    try {
      return { ...filter, job: core.parts.home.get(job).id };
    } catch (thrown) {
      // Of a job that nobody knows there are no runs.
      if (thrown instanceof Failure && thrown.code === 'no-such-job') return filter;
      throw thrown;
    }
  }

  function pausable(job: string | undefined): string {
    return job === undefined ? ALL_JOBS : core.parts.home.get(job).id;
  }

  function pauseChanged(): void {
    core.wake();
    core.queueChanged();
  }

  function moved(run: RunRecord): Run {
    core.wake();
    core.queueChanged();
    return run;
  }
}
