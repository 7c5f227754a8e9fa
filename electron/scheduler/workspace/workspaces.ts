import type { Clock } from '../clock.ts';
import type { OpenRunFolders, RunFoldersOf } from '../run/run-context.ts';
import type { CommitStore } from '../store/commit-store.ts';
import { Artifacts } from './artifacts.ts';
import { dropExchange, sweepExchanges } from './exchange.ts';
import { openRunFolders } from './run-folders.ts';
import { sweepMirrors } from './sweep-mirrors.ts';
import { Worktrees, type GiveBack } from './worktrees.ts';

export interface WorkspacesPorts {
  readonly clock: Clock;
  readonly dataFolder: string;
  /** Where git finds its helpers and its agent. */
  readonly host: () => NodeJS.ProcessEnv;
  /** What runs worked on: a retry and a run from the failed step work on the same. */
  readonly commits: CommitStore;
  /** Makes ours again what the run's containers wrote into a folder; false where nobody can. */
  readonly giveBack: GiveBack;
  /** Writes what must not be lost on a full disk. */
  readonly write: <T>(change: () => T) => T;
}

/** The folders of all runs of a data folder: where they work, and what they leave. */
export class Workspaces {
  readonly artifacts: Artifacts;
  readonly #ports: WorkspacesPorts;
  readonly #worktrees: Worktrees;
  readonly #dropping = new Set<Promise<void>>();

  constructor(ports: WorkspacesPorts) {
    this.#ports = ports;
    this.artifacts = new Artifacts(ports.dataFolder);
    this.#worktrees = new Worktrees(ports.dataFolder);
  }

  /** Those of one attempt of a run; close what is returned. */
  open(run: RunFoldersOf): OpenRunFolders {
    const { commits, write, ...ports } = this.#ports;
    return openRunFolders(
      {
        ...ports,
        artifacts: this.artifacts,
        worktrees: this.#worktrees,
        commitOf: (runId) => commits.of(runId),
        originOf: (runId) => commits.originOf(runId),
        setCommit: (runId, commit) => write(() => commits.set(runId, commit)),
        dropExchanges: (folders) => folders.forEach((folder) => this.#drop(folder)),
      },
      run,
    );
  }

  /** Resolves when what is being removed of runs that have ended is gone. */
  async settled(): Promise<void> {
    await Promise.all(this.#dropping);
  }

  /** Removes what runs worked in that a crash ended, and mirrors of repositories that nobody uses. */
  async sweep(isRunning: (runId: number) => boolean, urlsOfJobs: Iterable<string>): Promise<void> {
    await this.#worktrees.sweep(isRunning, this.#ports.giveBack);
    await sweepExchanges(this.#ports.dataFolder, isRunning);
    await this.artifacts.sweep();
    await sweepMirrors(this.#ports.dataFolder, urlsOfJobs, this.#ports.clock.now());
  }

  #drop(exchange: string): void {
    const dropping = dropExchange(exchange).finally(() => this.#dropping.delete(dropping));
    this.#dropping.add(dropping);
  }
}
