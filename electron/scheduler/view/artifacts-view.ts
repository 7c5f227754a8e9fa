import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Artifacts as ArtifactsShown } from '../../api/api.ts';
import { Failure } from '../failure.ts';
import type { TaskRunStore } from '../store/task-run-store.ts';
import type { Artifacts } from '../workspace/artifacts.ts';
import type { RunView } from './run-view.ts';

type Ref = number | string;

/** What runs left, as the contract asks for it. */
export class ArtifactsView {
  readonly #artifacts: Artifacts;
  readonly #tasks: TaskRunStore;
  readonly #runs: RunView;

  constructor(artifacts: Artifacts, tasks: TaskRunStore, runs: RunView) {
    this.#artifacts = artifacts;
    this.#tasks = tasks;
    this.#runs = runs;
  }

  async list(ref: Ref): Promise<ArtifactsShown> {
    const run = this.#runs.find(ref);
    const byId = new Map(this.#tasks.taskRunsOf(run.id).map((task) => [task.id, task]));
    const outputs = this.#tasks.outputsOf(run.id, run.attempt).flatMap(({ taskRunId, name, value }) => {
      const task = byId.get(taskRunId);
      if (task === undefined) return [];
      return { taskRunId, group: task.part === 'step' ? task.group : task.part, task: task.name, name, value };
    });
    return { ...(await this.#artifacts.list(run.id)), folder: this.#artifacts.folderOf(run.id), outputs };
  }

  /** The path on this machine of a listed file, or of the folder of all. Failure `no-such-artifact`. */
  async locate(ref: Ref, path: string | undefined): Promise<string> {
    const { id } = this.#runs.find(ref);
    if (path !== undefined) return this.#artifacts.locate(id, path);
    const { files } = await this.#artifacts.list(id);
    if (files.length > 0) return this.#artifacts.folderOf(id);
    throw new Failure('no-such-artifact', 'This run has left no artifacts, so there is no folder to show.');
  }

  /** A listed file to be read once, and its name. Failure `no-such-artifact` where there is none of this path. */
  async toRead(ref: Ref, path: string): Promise<{ name: string; open: () => Promise<FileHandle> }> {
    const { id } = this.#runs.find(ref);
    await this.#artifacts.locate(id, path);
    return { name: posix.basename(path), open: () => this.#artifacts.open(id, path) };
  }
}
