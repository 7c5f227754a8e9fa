import type { TaskExecution } from './executor.ts';

/** Whether an engine is on another machine, as far as its address tells. */
export function isElsewhere(host: string | null): boolean {
  const machine = /^(?:tcp|https?|ssh):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)/.exec(host ?? '')?.[1];
  if (machine === undefined) return false;
  return host!.startsWith('ssh:') || !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(machine);
}

/** Folders of this machine are nothing that an engine elsewhere could mount; the log says so where a task has some. */
export function withoutFolders(execution: TaskExecution): TaskExecution {
  const { exchange: _left, ...rest } = execution;
  const { workspace, task, log } = rest;
  const hasFolders = workspace !== null || task.volumes.some((volume) => /^(?:\/|[A-Za-z]:[\\/])/.test(volume));
  log.note(
    (hasFolders
      ? 'The engine is on another machine: the folders that are mounted are those of that machine'
      : 'The engine is on another machine') + ', and there are no NIGHTJAR_OUTPUT and NIGHTJAR_ARTIFACTS.',
  );
  return rest;
}
