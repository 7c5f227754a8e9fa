import type { Database } from 'better-sqlite3';
import type { Clock } from '../clock.ts';
import type { DockerExecutor } from '../executor/docker.ts';
import { KeptStore } from '../store/kept-store.ts';
import { KeptBook } from './kept-book.ts';
import { Shells } from './shells.ts';

export interface KeptEvents {
  runChanged(runId: number): void;
  /** There is more to read of a shell, or it has ended. */
  shellGrew(shell: number): void;
  bug(error: unknown): void;
}

/** Containers that stay for a look inside, and the shells in them. */
export function openKept(
  { db, clock, docker }: { db: Database; clock: Clock; docker: DockerExecutor },
  events: KeptEvents,
): { readonly kept: KeptBook; readonly shells: Shells } {
  const shells = new Shells({
    clock,
    open: async (taskRunId, size) => docker.kept.openShell(kept.get(taskRunId), size),
    grew: (shell) => events.shellGrew(shell),
    bug: (error) => events.bug(error),
  });
  const kept = new KeptBook({
    clock,
    store: new KeptStore(db),
    containers: docker.kept,
    leaving: ({ taskRunId }, why) => shells.endOf(taskRunId, why),
    changed: (runId) => events.runChanged(runId),
    bug: (error) => events.bug(error),
  });
  return { kept, shells };
}
