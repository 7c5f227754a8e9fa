import type { Input, LogLineView, RunDetail, TaskRun } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { plainText } from '../../renderer/state/log-ansi.ts';
import { NOW } from './fixture-jobs.ts';

/** The run that the log belongs to: load-orders #1841 of the design, running. */
export const LOG_RUN = 214_308;
const [ORDERS_1, ORDERS_2, CUSTOMERS, LOAD, REPORT, TELL] = [11, 12, 13, 14, 15, 16];
const STARTED = NOW - 108_000;
/** A step of the scan that a search answers with, as the host's worker would. */
const SCAN_MS = 20;

const E = '\x1b';
const red = (text: string): string => `${E}[31m${text}${E}[39m`;
const green = (text: string): string => `${E}[32m${text}${E}[39m`;
const yellow = (text: string): string => `${E}[33m${text}${E}[39m`;
const cyan = (text: string): string => `${E}[36m${text}${E}[39m`;
const dim = (text: string): string => `${E}[2m${text}${E}[22m`;

/** What the design shows, from line 1182 of the screen on. */
const SHOWN: [task: string, text: string][] = [
  ['o', `${dim('page')} 41 of 96  ${cyan('12,300')} rows  ${dim('0.61 s')}`],
  ['o', `${dim('page')} 42 of 96  ${cyan('12,600')} rows  ${dim('0.60 s')}`],
  ['c', `${green('✓')} batch 118 upserted (500 rows)`],
  ['o', `${yellow('WARN')}  slow response from shop-api: 2.9 s, retry budget 3`],
  ['c', `${green('✓')} batch 119 upserted (500 rows)`],
  ['e', `${E}[1;31mERROR${E}[0m page 43: connection reset by peer`],
  ['e', 'Traceback (most recent call last):'],
  ['e', `  File ${cyan('"/workspace/extract.py"')}, line ${E}[35m88${E}[39m, in fetch_page`],
  [
    'e',
    `    resp = session.get(url, timeout=${E}[35m10${E}[39m, headers={${green('"authorization"')}: ${green('"•••••"')}})`,
  ],
  [
    'e',
    `  File ${cyan('"/usr/local/lib/python3.13/site-packages/requests/sessions.py"')}, line ${E}[35m602${E}[39m, in get`,
  ],
  ['e', `${red('requests.exceptions.ConnectionError')}: [Errno 104] Connection reset by peer`],
  ['n', 'attempt 1 ended with exit code 75, retry in 30 s'],
  ['c', `${green('✓')} batch 120 upserted (500 rows)`],
  ['c', `${green('✓')} batch 121 upserted (500 rows)`],
  ['c', `${green('✓')} batch 122 upserted (500 rows)`],
  ['c', `${yellow('WARN')}  3 customers without a country, kept as ${E}[35mNULL${E}[39m`],
  ['n', 'attempt 2 of 3 starts in container nightjar-1841-orders-2'],
  ['o', `${E}[34mINFO${E}[39m  resume from page 43 (retry 1), since=${cyan('2026-11-18')}`],
];
const SHOWN_AT = 1_181;

function textOf(number: number): { task: string; text: string } {
  const shown = SHOWN[number - SHOWN_AT];
  if (shown !== undefined) return { task: shown[0], text: shown[1] };
  if (number % 2 === 1)
    return { task: 'c', text: `${green('✓')} batch ${Math.floor(number / 11)} upserted (500 rows)` };
  if (number % 250 === 0)
    return { task: 'e', text: `${yellow('WARN')}  slow response, retry budget ${(number / 250) % 4}` };
  const page = `${dim('page')} ${Math.floor(number / 28)} of 96`;
  return {
    task: 'o',
    text: `${page}  ${cyan(String(number * 10))} rows  ${dim(`0.${60 + (number % 9)} s`)}`,
  };
}

function lineOf(number: number): LogLineView {
  const { task, text } = textOf(number);
  const orders = number < SHOWN_AT + 16 ? ORDERS_1 : ORDERS_2;
  return {
    number,
    at: STARTED + number * 23,
    taskRunId: task === 'c' ? CUSTOMERS : orders,
    stream: task === 'n' ? 'nightjar' : task === 'e' ? 'stderr' : 'stdout',
    text,
    isContinued: false,
  };
}

export interface FixtureLog {
  readonly handlers: Partial<Handlers>;
  /** Finished lines; a test adds to them and emits `log.grew`. */
  total: number;
  unfinished: { at: number; taskRunId: number; stream: 'stdout' | 'stderr'; text: string }[];
  /** Texts that take the place of the computed ones. */
  readonly texts: Map<number, string>;
  run: RunDetail;
  /** How often a slice was asked for. */
  slices: number;
}

/** A log of any length that is computed by line number and never stored, and the run that it belongs to. */
export function fixtureLog(total = 1_420): FixtureLog {
  const selections = new Map<string, Int32Array>();
  const read = (number: number): LogLineView => {
    const text = log.texts.get(number);
    const line = lineOf(number);
    return text === undefined ? line : { ...line, text };
  };
  /** Numbers of the selected lines; null: all of them. */
  const selected = ({ taskRunIds, streams }: Pick<Input<'log.slice'>, 'taskRunIds' | 'streams'>): Int32Array | null => {
    if (taskRunIds === undefined && streams === undefined) return null;
    const key = JSON.stringify([taskRunIds, streams, log.total]);
    let numbers = selections.get(key);
    if (numbers === undefined) {
      const found: number[] = [];
      for (let number = 0; number < log.total; number++) {
        const line = lineOf(number);
        if ((taskRunIds?.includes(line.taskRunId) ?? true) && (streams?.includes(line.stream) ?? true))
          found.push(number);
      }
      selections.set(key, (numbers = Int32Array.from(found)));
    }
    return numbers;
  };
  const log: FixtureLog = {
    total,
    unfinished: [],
    texts: new Map(),
    run: fixtureLogRun(total),
    slices: 0,
    handlers: {
      'runs.get': ({ run }) => {
        if (Number(run) === LOG_RUN - 10)
          return {
            ...log.run,
            id: LOG_RUN - 10,
            number: 1840,
            definition: DEFINITION.replace('limit: 2', 'limit: 1').replace('    timeout: 10m\n', ''),
            previous: null,
            commit: { ...COMMIT, sha: '5b1e0c7d2f4a986e3310c9d7b2f8a4e1c0d9b8a7' },
          };
        if (Number(run) !== LOG_RUN && run !== 'warehouse/load-orders#1841')
          throw Object.assign(new Error(`There is no run ${run}. It may have been removed by the job’s \`keep\`.`), {
            name: 'Failure',
            code: 'no-such-run',
          });
        return { ...log.run, logLines: log.total };
      },
      'log.slice': ({ from, count, ...selection }) => {
        log.slices++;
        const numbers = selected(selection);
        const all = numbers?.length ?? log.total;
        const first = Math.max(0, from < 0 ? all + from : from);
        const length = Math.max(0, Math.min(count, all - first));
        const lines = Array.from({ length }, (_, index) => read(numbers?.[first + index] ?? first + index));
        const ids = selection.taskRunIds;
        const unfinished = log.unfinished.filter(({ taskRunId }) => ids?.includes(taskRunId) ?? true);
        return { lines, from: first, total: all, unfinished };
      },
      'log.place': ({ number, ...selection }) => {
        const numbers = selected(selection);
        if (numbers === null) return { place: Math.min(number, log.total), total: log.total };
        const place = numbers.findIndex((candidate) => candidate >= number);
        return { place: place === -1 ? numbers.length : place, total: numbers.length };
      },
      'log.search': ({ text, isCaseSensitive, fromNumber = 0, limit = 1_000 }) => {
        const fold = (value: string): string => (isCaseSensitive ? value : value.toLowerCase());
        const wanted = fold(text);
        const numbers: number[] = [];
        const until = performance.now() + SCAN_MS;
        let number = fromNumber;
        for (; number < log.total && numbers.length < limit; number++) {
          const line = read(number);
          if (fold(plainText(line.text)).includes(wanted)) numbers.push(number);
          if (number % 512 === 0 && performance.now() > until) break;
        }
        return { numbers, nextNumber: number >= log.total ? null : number + (numbers.at(-1) === number ? 1 : 0) };
      },
      'log.firstError': () => ({ number: log.total > SHOWN_AT + 5 ? SHOWN_AT + 5 : null }),
    },
  };
  return log;
}

const DEFINITION = `scheduler: '*/10 * * * *'
pipeline_name: load-orders
description: Loads yesterday's orders
timezone: Europe/Berlin

repo: ~/src/warehouse
concurrency_group: warehouse
variables:
  TEST_PIPELINE: 'true'

steps:
  - name: extract
    tasks:
      - { name: orders,    image: python:3.13-slim, command: python extract.py orders }
      - { name: customers, image: python:3.13-slim, command: python extract.py customers }
  - name: load
    image: postgres:17
    command: psql -f load.sql
    timeout: 10m
    retry: { limit: 2, interval: 30s }
  - name: report
    command: ./report.sh # no image: a process on this machine

on_failure:
  - { name: tell, command: ./tell.sh }
`;

const COMMIT = {
  sha: '9f3c2a1be07d4c58a6b90d21e4f7735c8b6a0d1e',
  subject: 'Load orders by day, not by hour',
  isDirty: false,
  url: 'https://github.com/warehouse/etl/commit/9f3c2a1be07d4c58a6b90d21e4f7735c8b6a0d1e',
};

function fixtureLogRun(lines: number): RunDetail {
  const task = (id: number, groupIndex: number, group: string, name: string, fields: Partial<TaskRun>): TaskRun => ({
    id,
    group,
    groupIndex,
    name,
    part: 'step',
    executor: 'docker',
    image: null,
    imageDigest: null,
    state: 'waiting',
    reason: null,
    runAttempt: 1,
    attempt: 1,
    attempts: 1,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    medianMs: null,
    ...fields,
  });
  const slim = { image: 'python:3.13-slim', imageDigest: 'sha256:9b1e5b1c1f6cd1d2b0a6f4a7c41de0f5c3a2e7b8' };
  return {
    id: LOG_RUN,
    job: 'warehouse/load-orders',
    number: 1841,
    pipelineName: 'load-orders',
    trigger: 'scheduled',
    state: 'running',
    reason: null,
    error: null,
    dueAt: STARTED - 2_000,
    queuedAt: STARTED - 2_000,
    notBeforeAt: null,
    startedAt: STARTED,
    endedAt: null,
    exitCode: null,
    attempt: 1,
    attempts: 1,
    params: { day: 'yesterday' },
    skipped: null,
    upstream: null,
    pipelines: [],
    downstream: [],
    kept: [],
    tasks: [
      task(ORDERS_1, 0, 'extract', 'orders', {
        ...slim,
        state: 'failed',
        startedAt: STARTED,
        endedAt: STARTED + 29_000,
        exitCode: 75,
        attempts: 3,
        medianMs: 90_000,
      }),
      task(ORDERS_2, 0, 'extract', 'orders', {
        ...slim,
        state: 'running',
        attempt: 2,
        attempts: 3,
        startedAt: STARTED + 59_000,
        medianMs: 90_000,
      }),
      task(CUSTOMERS, 0, 'extract', 'customers', { ...slim, state: 'running', startedAt: STARTED, medianMs: 82_000 }),
      task(LOAD, 1, 'load', 'load', { image: 'postgres:17', attempts: 3, medianMs: 30_000 }),
      task(REPORT, 2, 'report', 'report', { executor: 'process', medianMs: 17_000 }),
      task(TELL, 0, 'on_failure', 'tell', { part: 'on_failure', executor: 'process' }),
    ],
    groups: ['extract', 'load', 'report'],
    medianMs: 200_000,
    variables: { TEST_PIPELINE: 'true', PGHOST: 'warehouse.local', PGUSER: 'loader', BATCH: '500' },
    definition: DEFINITION,
    concurrencyGroup: 'warehouse',
    logLines: lines,
    logBytes: lines * 60,
    previous: { id: LOG_RUN - 10, number: 1840, state: 'succeeded' },
    commit: COMMIT,
  };
}
