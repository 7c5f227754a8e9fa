import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LogLineView, RunDetail, TaskRun } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { makeToken, writeEndpoint } from '../../electron/host/endpoint.ts';
import { serveHttp, type HttpHost } from '../../electron/host/web-socket-wire.ts';
import { fixtureRun } from '../support/fixture-history.ts';
import { handlersWith } from '../support/handlers.ts';

export interface TestHost {
  readonly dataFolder: string;
  readonly emit: HttpHost['emit'];
  close(): Promise<void>;
}

/** A data folder that a Nightjar answers for: the real wire, and of the scheduler what a test writes. */
export async function startHost(some: Partial<Handlers>): Promise<TestHost> {
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'nightjar-cli-data-'));
  const token = makeToken();
  const http = await serveHttp({
    port: 0,
    handlers: handlersWith(some),
    token,
    staticFolder: null,
    onBug: (thrown) => console.error(thrown),
  });
  await writeEndpoint(dataFolder, { port: http.port, token, pid: process.pid, url: http.url });
  return {
    dataFolder,
    emit: http.emit,
    async close() {
      await http.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A run with two tasks whose log grows when the test says so. */
export class TestRun {
  readonly lines: LogLineView[] = [];
  detail: RunDetail;

  constructor() {
    const tasks = [testTask(1, 'extract', 'orders'), testTask(2, 'load', 'load')];
    this.detail = {
      ...fixtureRun(7),
      state: 'running',
      tasks,
      groups: ['extract', 'load'],
      medianMs: null,
      variables: {},
      definition: '',
      concurrencyGroup: null,
      logLines: 0,
      logBytes: 0,
      commit: null,
      previous: null,
      pipelines: [],
      downstream: [],
      kept: [],
    };
  }

  add(taskRunId: number, text: string, stream: LogLineView['stream'] = 'stdout'): void {
    const number = this.lines.length;
    this.lines.push({ number, at: 1_790_000_000_000 + number, taskRunId, stream, text, isContinued: false });
  }

  handlers(): Partial<Handlers> {
    const selected = (ids: number[] | undefined) =>
      this.lines.filter(({ taskRunId }) => ids === undefined || ids.includes(taskRunId));
    return {
      'runs.get': () => this.detail,
      'log.place': ({ taskRunIds, number }) => {
        const lines = selected(taskRunIds);
        const place = lines.findIndex((line) => line.number >= number);
        return { place: place < 0 ? lines.length : place, total: lines.length };
      },
      'log.slice': ({ taskRunIds, from, count }) => {
        const lines = selected(taskRunIds);
        return { lines: lines.slice(from, from + count), from, total: lines.length, unfinished: [] };
      },
    };
  }
}

export function testTask(id: number, group: string, name: string, attempt = 1): TaskRun {
  return {
    id,
    group,
    groupIndex: 0,
    name,
    part: 'step',
    executor: 'process',
    image: null,
    imageDigest: null,
    state: 'running',
    reason: null,
    runAttempt: 1,
    attempt,
    attempts: 1,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    medianMs: null,
  };
}
