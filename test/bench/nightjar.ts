import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launcherOfNode } from '../../electron/scheduler/executor/fork-launcher.ts';
import { openClient } from '../../electron/host/web-socket-client.ts';
import { createScheduler, type Scheduler } from '../../electron/scheduler/scheduler.ts';
import type { Turns } from './turn-recorder.mjs';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Writes job files by their path below the jobs home. */
export function writeJobs(folder: string, files: Readonly<Record<string, string>>): string {
  const home = join(folder, 'jobs');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return home;
}

/** The launcher that is shipped: one that runs from source holds the compiler of TypeScript too. */
const LAUNCHER = pathToFileURL(join(ROOT, 'dist', 'electron', 'launcher-process.js'));

/** The core as a host has it, in this process: with V8 set as bin/nightjar.js does. */
export async function startScheduler(
  folder: string,
  environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'] },
): Promise<Scheduler> {
  await import(new URL('../../bin/v8-settings.js', import.meta.url).href);
  const scheduler = createScheduler({
    jobsHome: join(folder, 'jobs'),
    dataFolder: join(folder, 'data'),
    version: '0.0.0',
    host: 'headless',
    environment,
    startLauncher: () => launcherOfNode!(LAUNCHER),
    onBug: (error) => {
      throw error;
    },
  });
  await scheduler.start();
  return scheduler;
}

/** What a served process says of its inside since it was asked last. */
export interface Inside extends Turns {
  readonly heap: number;
  /** Since it was started. */
  readonly cpuSeconds: number;
  /** Timers, and everything else, that keep it running. */
  readonly timers: number;
  readonly resources: number;
}

/** `nightjar serve` in a process of its own, which nobody has connected to. */
export function spawnServe(folder: string, environment: NodeJS.ProcessEnv = {}, isAsked = false): ChildProcess {
  const program = [join(ROOT, 'bin', 'nightjar.js'), '--home', join(folder, 'jobs'), '--data', join(folder, 'data')];
  const preload = isAsked ? ['--expose-gc', '--import', join(import.meta.dirname, 'inside.mjs')] : [];
  return spawn(process.execPath, [...preload, ...program, 'serve'], {
    env: { ...process.env, ...environment },
    stdio: isAsked ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['ignore', 'pipe', 'inherit'],
  });
}

/** `nightjar serve` as a user has it, connected to, and how long it took to be ready; `isAsked`: it tells of its inside. */
export async function serve(folder: string, environment: NodeJS.ProcessEnv = {}, isAsked = false) {
  const startedAt = performance.now();
  const child = spawnServe(folder, environment, isAsked);
  const ask = async (what: 'record' | 'collect' | 'read'): Promise<unknown> => {
    const answered = once(child, 'message');
    child.send(what);
    return (await answered)[0];
  };
  await said(child, 'open http');
  const readyMs = performance.now() - startedAt;
  const data = join(folder, 'data');
  const endpoint = JSON.parse(await readFile(join(data, 'endpoint.json'), 'utf8')) as { url: string; token: string };
  const client = await openClient({ dataFolder: data });
  return {
    pid: child.pid as number,
    readyMs,
    client,
    address: `${endpoint.url}/#token=${endpoint.token}`,
    /** From now on its turns are recorded. */
    async record(): Promise<void> {
      await ask('record');
    },
    /** Resident bytes without garbage. */
    async collect(): Promise<number> {
      return (await ask('collect')) as number;
    },
    async read(): Promise<Inside> {
      return (await ask('read')) as Inside;
    },
    async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
      client.close();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await gone;
    },
  };
}

/** Resolves when the child has printed `text`; rejects when it ends before. */
export function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      if ((all += chunk.toString()).includes(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`It ended with ${String(code)} before it said "${text}": ${all}`)));
  });
}

/** Between two questions whether all is over: the question itself is work for the one who is measured. */
export const POLL_MS = 10;

/** Asks every `everyMs` milliseconds until it is true. */
export async function until(isTrue: () => boolean | Promise<boolean>, everyMs = 2): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
