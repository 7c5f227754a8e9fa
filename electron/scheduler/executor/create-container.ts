import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LABEL, containerOptions } from './container-options.ts';
import { engineMessage, limited, statusOf } from './engine-client.ts';
import type { TaskExchange, TaskExecution } from './executor.ts';
import { whyNotCreated } from './refusals.ts';

const NO_EXCHANGE =
  "The engine's machine does not see Nightjar's data folder: there are no NIGHTJAR_OUTPUT and NIGHTJAR_ARTIFACTS. Share the folder with it, " +
  'or move it with --data.';

/** An engine in a virtual machine sees what is shared with it; a task that leaves nothing need not fail for that. */
function isBlindTo(exchange: TaskExchange | undefined, thrown: unknown): boolean {
  const source = /bind source path does not exist: (.+)$/.exec(engineMessage(thrown))?.[1];
  return exchange !== undefined && (source === dirname(exchange.outputFile) || source === exchange.artifacts);
}

/** How long a name may be taken by what cannot be seen yet: an engine goes on making a container whose asker was killed. */
const NAME_LIMIT_MS = 30_000;

/**
 * Creates a task's container, taking the place of one that a crash of ours left under its name, also where that is still being made.
 *
 * @returns a sentence where the engine refuses. Throws where it does not answer; `lost` says that it never will
 */
export async function createContainer(
  docker: Docker,
  execution: TaskExecution,
  image: string,
  owner: { readonly dataId: string; readonly instance: string },
  lost: AbortSignal,
): Promise<Docker.Container | string> {
  const { task } = execution;
  const wanted = { ...containerOptions(execution, image, owner), abortSignal: lost };
  const patience = AbortSignal.any([AbortSignal.timeout(NAME_LIMIT_MS), execution.signal]);
  for (;;) {
    try {
      return await docker.createContainer(wanted);
    } catch (thrown) {
      if (statusOf(thrown) === undefined) throw thrown;
      if (isBlindTo(execution.exchange, thrown)) {
        const { exchange: _unseen, ...rest } = execution;
        rest.log.note(NO_EXCHANGE);
        return createContainer(docker, rest, image, owner, lost);
      }
      if (statusOf(thrown) !== 409 || patience.aborted) return whyNotCreated(thrown, task);
    }
    // Only a crash between two attempts to tell can leave our own name behind; nobody else's is taken away.
    const taken = docker.getContainer(wanted.name!);
    const labels = await unlessMissing(taken.inspect(limited({})).then(({ Config }) => Config.Labels));
    if (labels === undefined) await delay(200);
    else if (labels[LABEL.data] !== owner.dataId)
      return `A container that is not Nightjar's has the name ${wanted.name}; remove or rename it.`;
    else await unlessMissing(taken.remove(limited({ force: true, v: true })));
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}
