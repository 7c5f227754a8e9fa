import type { Clock } from '../../clock.ts';
import type { Executor, Outcome, TaskExecution, TaskTrace } from '../executor.ts';
import { PipelineFollower } from './follow-pipeline.ts';
import { patiently, pause } from './patience.ts';
import { serviceErrorIn } from './service-error.ts';
import type { PipelineOrder, PipelineService, RemotePipeline } from './service.ts';
import { STOPPED, couldNotStart } from '../outcomes.ts';

/** How long a service that does not answer is asked for a new pipeline; then the task has failed, and may be retried. */
const START_WITHIN_MS = 120_000;
/** Until a pipeline that was just triggered is in the service's lists. */
const LISTED_WITHIN_MS = 30_000;
const LISTED_LOOK_MS = 2_000;

/** Until an answer of a service begins, and between two pieces of it. */
export const SERVICE_TIMEOUT_MS = 60_000;

/** What pipelines need of the machine that they are asked for from. */
export interface PipelineHost {
  /** Names the data folder, in letters and digits: marks of two folders never meet. */
  readonly dataId: string;
  readonly clock: Clock;
  /** What the machine has where the run's own environment has nothing. */
  readonly hostEnvironment: () => Promise<Readonly<Record<string, string>>>;
}

export interface PipelineExecutorOptions extends Omit<PipelineHost, 'hostEnvironment'> {
  /** Connects to the service that a task names; a text is why that cannot be, as a sentence. */
  connect(execution: TaskExecution): Promise<PipelineService | string>;
  /** Names by which a run says where and with which token; they are for us and never sent. */
  readonly settings: readonly string[];
}

/**
 * Runs a task as a pipeline elsewhere: trigger it, store which it is, follow it.
 *
 * That it is being triggered is stored before it is, and the pipeline carries a mark: so one whose number nobody heard, because
 * Nightjar or the connection died in that moment, is found again instead of triggered twice.
 */
export function createPipelineExecutor({ dataId, clock, connect, settings }: PipelineExecutorOptions): Executor {
  return {
    async execute(execution) {
      if (execution.signal.aborted) return STOPPED;
      const service = await connect(execution);
      if (typeof service === 'string') return couldNotStart(service);
      const askedAt = clock.now();
      execution.leaveTrace({ remoteAskedAt: askedAt });
      return start(execution, service, { askedAt, isNew: true });
    },

    async recover(execution, trace) {
      const service = await connect(execution);
      if (typeof service === 'string') return { kind: 'lost', reason: `${service} ${leftAlone(trace)}` };
      if (trace.remoteId !== undefined && trace.remoteUrl !== undefined) {
        execution.log.note(`Nightjar was started anew and goes on with ${service.noun} ${trace.remoteId}.`);
        return follow(execution, service, { id: trace.remoteId, url: trace.remoteUrl });
      }
      // Another executor's trace cannot be here: a definition never changes under its run.
      return start(execution, service, { askedAt: trace.remoteAskedAt ?? clock.now(), isNew: false });
    },

    // Whether a service answers is found out by asking it, and one that does not is waited for while the task runs.
    availability: () => ({ isAvailable: true }),
    close: async () => {},
  };

  async function start(
    execution: TaskExecution,
    service: PipelineService,
    state: { askedAt: number; isNew: boolean },
  ): Promise<Outcome> {
    const { log, signal } = execution;
    const order: PipelineOrder = {
      mark: `${dataId}-${execution.runId}-${execution.taskRunId}`,
      variables: Object.fromEntries(Object.entries(execution.variables).filter(([name]) => !settings.includes(name))),
      about: execution.about,
      note: (text) => log.note(text),
    };
    let mayExist = !state.isNew;
    let lastAskedAt = state.askedAt;
    const find = () => whenListed(service, order, state.askedAt, lastAskedAt + LISTED_WITHIN_MS, signal);
    // Looked for where an earlier try may have been obeyed, then triggered.
    const trigger = async (): Promise<RemotePipeline | 'several' | undefined> => {
      if (mayExist) {
        const found = await find();
        if (found !== undefined) return found;
        mayExist = false;
      }
      lastAskedAt = clock.now();
      try {
        const created = await service.create(order);
        if (created !== undefined) return created;
        mayExist = true;
      } catch (thrown) {
        mayExist = serviceErrorIn(thrown)?.isRefused !== true;
        throw thrown;
      }
      return find();
    };
    let pipeline: RemotePipeline | 'several' | undefined;
    try {
      pipeline = await patiently(trigger, {
        clock,
        signal,
        note: (text) => log.note(text),
        explain: (thrown) => service.explain(thrown),
        name: service.name,
        limitMs: START_WITHIN_MS,
      });
    } catch (thrown) {
      if (signal.aborted) return stoppedBefore(execution, service, order, state.askedAt, mayExist);
      if (serviceErrorIn(thrown) === undefined) throw thrown;
      return couldNotStart(service.explain(thrown));
    }
    if (pipeline === undefined || pipeline === 'several') {
      const why = pipeline === undefined ? 'it is in none of its lists' : 'several could be the one';
      return {
        kind: 'lost',
        reason: `${service.name} was asked for a ${service.noun} and nobody knows which it is: ${why}. Look there before you run it again.`,
      };
    }
    execution.leaveTrace({ remoteId: pipeline.id, remoteUrl: pipeline.url });
    log.note(`${service.name} ${service.noun} ${pipeline.id}: ${pipeline.url}`);
    return follow(execution, service, pipeline);
  }

  async function whenListed(
    service: PipelineService,
    order: PipelineOrder,
    askedAt: number,
    until: number,
    signal: AbortSignal,
  ): Promise<RemotePipeline | 'several' | undefined> {
    for (;;) {
      const found = await service.find(order, askedAt);
      if (found !== undefined || clock.now() >= until) return found;
      await pause(clock, LISTED_LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** The task was stopped while the service was asked: what was triggered all the same is cancelled. */
  async function stoppedBefore(
    execution: TaskExecution,
    service: PipelineService,
    order: PipelineOrder,
    askedAt: number,
    mayExist: boolean,
  ): Promise<Outcome> {
    if (mayExist) {
      const found = await service.find(order, askedAt).catch((thrown: unknown) => {
        if (serviceErrorIn(thrown) === undefined) throw thrown;
        return 'several' as const;
      });
      if (typeof found === 'object') {
        execution.leaveTrace({ remoteId: found.id, remoteUrl: found.url });
        return follow(execution, service, found);
      }
      if (found === 'several') {
        execution.log.note(`It may be that ${service.name} had triggered the ${service.noun} already; look there.`);
      }
    }
    return STOPPED;
  }

  async function follow(
    execution: TaskExecution,
    service: PipelineService,
    pipeline: RemotePipeline,
  ): Promise<Outcome> {
    const outcome = await new PipelineFollower(execution, service, pipeline, clock).follow();
    await execution.settle(outcome);
    execution.remote.dropPieces(0);
    return outcome;
  }
}

function leftAlone({ remoteUrl }: TaskTrace): string {
  return remoteUrl === undefined ? 'What was triggered there is left alone.' : `It may still go on: ${remoteUrl}`;
}

/** Why a task cannot start without a setting that neither its run nor the machine has. */
export function missingSetting(name: string, what: string): string {
  return (
    `${name} is not set: ${what}. Set it on this machine, keep it with \`nightjar secret set ${name}\` and name it under ` +
    '`secrets`, or put it into an `env_file`.'
  );
}
