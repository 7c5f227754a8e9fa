import { stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { isDiskFull } from '../disk-reserve.ts';
import type { TaskExchange, TaskLog } from '../executor/executor.ts';
import { Failure } from '../failure.ts';
import { tasksOf } from '../job-file/definition.ts';
import { isGitUrl, whyRefused } from '../job-file/git-url.ts';
import { Mask } from '../log/mask.ts';
import type { OpenRunFolders, RunFoldersOf } from '../run/run-context.ts';
import type { RunCommit } from '../store/commit-store.ts';
import { turn } from '../turn.ts';
import type { Artifacts } from './artifacts.ts';
import { commitOfFolder, wordsOf } from './commit.ts';
import { exchangePath, makeOutputFile, makeOutputFolder } from './exchange.ts';
import { openGit } from './git.ts';
import { readOutputs } from './outputs.ts';
import type { GiveBack, Worktrees } from './worktrees.ts';

/** A look at a folder's commit and changes takes no longer; a run does not wait for a large repository to be compared. */
const FOLDER_LOOK_MS = 3_000;

const PROGRESS_MS = 10_000;

const NETWORK = 'https:http:ssh:git';

export interface RunFoldersPorts {
  readonly clock: Clock;
  readonly dataFolder: string;
  readonly artifacts: Artifacts;
  readonly worktrees: Worktrees;
  /** Where git finds its helpers and its agent. */
  readonly host: () => NodeJS.ProcessEnv;
  /** Makes ours again what the run's containers wrote into a folder; false where nobody can. */
  readonly giveBack: GiveBack;
  /** The run whose artifacts it begins with; null for none. */
  readonly originOf: (runId: number) => number | null;
  /** What the run worked on, where it is known: a retry and a run from the failed step work on the same. */
  readonly commitOf: (runId: number) => RunCommit | null;
  readonly setCommit: (runId: number, commit: RunCommit) => void;
  /** Removes what tasks wrote their outputs to, while the run goes on to its end. */
  readonly dropExchanges: (folders: readonly string[]) => void;
}

/** The folders of one attempt of a run: its workspace, its artifacts, and what its tasks write their outputs to. */
export function openRunFolders(ports: RunFoldersPorts, run: RunFoldersOf): OpenRunFolders {
  const { artifacts, worktrees, clock } = ports;
  const { runId, definition } = run;
  const mask = Mask.of(run.masked);
  const isFree = tasksOf(definition).every(({ executor }) => executor !== 'docker');
  let commit = ports.commitOf(runId);
  let workspace: string | null = null;
  const outputFiles = new Map<number, string>();
  const exchanges: string[] = [];
  let artifactsMade: Promise<string> | undefined;

  return {
    get workspace() {
      return workspace;
    },
    get commit() {
      return commit?.sha ?? null;
    },

    async prepare(signal) {
      const { repo } = definition;
      if (repo === null || workspace !== null) return;
      if (isGitUrl(repo)) await fetchInto(repo, signal);
      else await useFolder(repo, signal);
    },

    async exchange(taskRunId, inContainer): Promise<TaskExchange> {
      await turn();
      try {
        const path = exchangePath(ports.dataFolder, runId, taskRunId);
        exchanges.push(path);
        const outputFile = inContainer ? makeOutputFolder(path) : makeOutputFile(path);
        outputFiles.set(taskRunId, outputFile);
        return { outputFile, artifacts: await artifactsFolder() };
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        throw new Failure('disk-full', `There is no room in ${ports.dataFolder} for what tasks leave.`, {
          cause: error,
        });
      }
    },

    async outputsOf(taskRunId, log: TaskLog) {
      const isSecret = (value: string): boolean => mask !== null && mask.ranges(Buffer.from(value)).length > 0;
      const file = outputFiles.get(taskRunId);
      if (file === undefined) return {};
      const { values, notes } = await readOutputs(file, isSecret);
      for (const note of notes) log.note(note);
      return values;
    },

    async close() {
      await turn();
      ports.dropExchanges(exchanges);
      const ends = await Promise.allSettled([keepArtifacts(), worktrees.remove(runId, ports.giveBack)]);
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };

  /** Once for all tasks, which may start together; what could not be made is tried again for the next one. */
  function artifactsFolder(): Promise<string> {
    artifactsMade ??= artifacts.make(runId, ports.originOf(runId)).catch((error: unknown) => {
      artifactsMade = undefined;
      throw error;
    });
    return artifactsMade;
  }

  /** They are for whoever runs Nightjar: to read, and to remove when they are old. */
  async function keepArtifacts(): Promise<void> {
    if (artifacts.dropEmpty(runId, isFree)) return;
    if (await artifacts.hasForeign(runId)) await ports.giveBack(runId, artifacts.folderOf(runId));
  }

  async function fetchInto(url: string, signal: AbortSignal): Promise<void> {
    const refusal = whyRefused(url);
    if (refusal !== null || definition.ref?.startsWith('-')) {
      throw new Failure(
        'git-refused',
        `\`repo\` ${refusal ?? 'has a `ref` that begins with `-`, which git would take for an option'}.`,
      );
    }
    const protocols = url.toLowerCase().startsWith('file:') ? `${NETWORK}:file` : NETWORK;
    const git = await openGit({ environment: ports.host(), signal, onProgress: nowAndThen(clock, run.note) });
    const wanted = { url, ref: definition.ref, sha: commit?.sha ?? null, protocols };
    const { folder, ...found } = await worktrees.make(runId, wanted, {
      clock,
      git,
      signal,
      note: run.note,
    });
    remember(found);
    workspace = folder;
  }

  async function useFolder(folder: string, signal: AbortSignal): Promise<void> {
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory()) {
      const what = found === undefined ? 'does not exist' : 'is not a folder';
      throw new Failure('no-workspace', `\`repo\` ${folder} ${what}; create it, or change \`repo\`.`);
    }
    workspace = folder;
    const look = AbortSignal.any([signal, AbortSignal.timeout(FOLDER_LOOK_MS)]);
    const git = await openGit({ environment: ports.host(), signal: look });
    const now = await commitOfFolder(git, folder);
    if (now === null) return;
    remember(now);
    run.note(wordsOf(now));
  }

  function remember(found: RunCommit): void {
    commit = found;
    ports.setCommit(runId, found);
  }
}

/** Of a long fetch, a line now and then; of a short one, none. */
function nowAndThen(clock: Clock, note: (text: string) => void): (words: string) => void {
  let lastAt = clock.now();
  return (words) => {
    const now = clock.now();
    if (Math.abs(now - lastAt) < PROGRESS_MS) return;
    lastAt = now;
    note(words);
  };
}
