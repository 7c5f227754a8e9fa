import type { TaskDefinition } from '../job-file/definition.ts';
import { engineMessage, statusOf } from './engine-client.ts';

/** What the engine refuses, as a sentence that says what to do. What is not known here is passed on in the engine's words. */

export function whyNotCreated(thrown: unknown, task: TaskDefinition): string {
  const said = engineMessage(thrown);
  const source = /bind source path does not exist: (.+)$/.exec(said)?.[1];
  if (source !== undefined) return `${source}, which is to be mounted, does not exist on the engine's machine.`;
  if (statusOf(thrown) === 404)
    return `There is no image ${task.image ?? 'that was built for this task'} on this engine.`;
  return `The engine refused to create the container: ${asSentence(said)}`;
}

export function whyNotStarted(thrown: unknown, task: TaskDefinition): string {
  const said = engineMessage(thrown);
  const network = /network (\S+) not found/.exec(said)?.[1];
  if (network !== undefined)
    return `There is no network "${network}" on this engine; "docker network ls" lists those there are.`;
  const source = /bind source path does not exist: (.+)$/.exec(said)?.[1];
  if (source !== undefined) return `${source}, which is to be mounted, does not exist on the engine's machine.`;
  const user = /unable to find user ([^:]+)/.exec(said)?.[1];
  if (user !== undefined) return `The image ${task.image ?? 'that was built'} has no user "${user}".`;
  return `The engine refused to start the container: ${asSentence(said)}`;
}

function asSentence(said: string): string {
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
