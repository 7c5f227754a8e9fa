import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished, vi, expect } from 'vitest';
import type { Client } from '../../electron/api/client.ts';
import { openClient } from '../../electron/host/web-socket-client.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'nightjar.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Folders of a test's own, and the command line on them: what a user has, in child processes that can be killed. */
export class Served {
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(files: Readonly<Record<string, string>>): Promise<Served> {
    const made = new Served(await mkdtemp(join(tmpdir(), 'nightjar-served-')));
    onTestFinished(async () => {
      for (const child of made.#children) child.kill('SIGKILL');
      await rm(made.folder, { recursive: true, force: true, maxRetries: 5 });
    });
    for (const [path, text] of Object.entries(files)) await made.write(path, text);
    return made;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, 'jobs', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Starts `nightjar …` on the folders; `input` is what is piped into it. */
  spawn(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    input?: string,
  ): { child: ChildProcess; finished: Promise<Finished> } {
    const all = [PROGRAM, '--home', join(this.folder, 'jobs'), '--data', this.data, ...args];
    const child = spawn(process.execPath, all, {
      env: { ...process.env, ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(input);
    this.#children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const finished = new Promise<Finished>((resolve) => {
      child.once('close', (code) => {
        this.#children.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    return { child, finished };
  }

  run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return this.spawn(args, environment).finished;
  }

  /** `nightjar serve`; resolves when it has said that it is ready. */
  async serve(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
    const { child, finished } = this.spawn(['serve', ...args], environment);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('open http')) resolve();
      });
      void finished.then(({ stderr, stdout }) =>
        reject(new Error(`serve ended before it was ready: ${stderr}${stdout}`)),
      );
    });
    return { child, finished };
  }

  /** Calls the Nightjar that serves these folders. */
  async call<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = await openClient({ dataFolder: this.data });
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  /** Waits until nothing waits and nothing runs. */
  async quiet(timeout: number): Promise<void> {
    await vi.waitFor(
      async () => {
        const { running, queued } = await this.call((client) => client.call('status', {}));
        expect({ running, queued }).toEqual({ running: 0, queued: 0 });
      },
      { timeout, interval: 200 },
    );
  }
}
