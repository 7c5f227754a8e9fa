import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CheckedFile } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { NO_HOME_SETTINGS, parseJob } from '../../electron/scheduler/job-file/parse.ts';
import { nextDue, parseSchedule } from '../../electron/scheduler/trigger/cron.ts';
import { NOW } from './fixture-jobs.ts';

/** The file of the design: weekly-cost-report with one wrong key in line 14. */
export const EDITED = 'reports/weekly-cost-report.yml';
export const COST_REPORT = `scheduler: '0 6 * * FRI'
pipeline_name: 'weekly-cost-report'
description: What the cloud cost this week, by team
timezone: Europe/Berlin

repo: ~/src/finops
env_file: .env
requires_env: [AWS_PROFILE] # passed into the tasks

steps:
  - name: collect
    image: python:3.13-slim
    command: python collect.py --week last
    retrys: { limit: 2, interval: 30s }
  - name: render
    tasks:
      - { name: html, image: node:24-slim,    command: node render.js --html }
      - { name: csv,  image: python:3.13-slim, command: python to_csv.py }
  - name: mail
    command: ./send.sh finance@example.org    # no image: a process on this machine

on_failure:
  - { name: tell, command: ./tell.sh }

overlap: skip
on_missed: run-once
missed_deadline: 24h
keep: { runs: 50, days: 30 }
`;

export interface FixtureEditor {
  readonly handlers: Partial<Handlers>;
  /** The disk: a test writes here and emits `jobs.changed`, as the watcher would. */
  readonly files: Map<string, string>;
}

const versionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Files in memory, judged by the scheduler's own parser and the job file's own schema. */
export function fixtureEditor(): FixtureEditor {
  const files = new Map([[EDITED, COST_REPORT]]);
  const view = (path: string, text: string) => ({
    path,
    text,
    version: versionOf(text),
    problems: check(path, text).problems,
  });
  const find = (path: string): string => {
    const text = files.get(path);
    if (text === undefined)
      throw new Failure('not-found', `There is no file ${path} in the jobs home ~/nightjar/jobs.`);
    return text;
  };
  return {
    files,
    handlers: {
      'files.read': ({ path }) => view(path, find(path)),
      'files.check': ({ path, text }) => check(path, text),
      'files.save': ({ path, text, basedOn }) => {
        const disk = files.get(path);
        if (basedOn === null && disk !== undefined)
          throw new Failure('exists', `${path} exists already; choose another name.`);
        if (basedOn !== null && (disk === undefined || versionOf(disk) !== basedOn))
          throw new Failure(
            'changed-on-disk',
            `${path} has changed on disk since it was opened; compare before saving.`,
          );
        files.set(path, text);
        return view(path, text);
      },
      'files.trash': ({ path }) => {
        find(path);
        files.delete(path);
        return { to: '.trash' };
      },
      'files.schema': () =>
        JSON.parse(readFileSync(new URL('../../resources/job.schema.json', import.meta.url), 'utf8')) as Record<
          string,
          unknown
        >,
    },
  };
}

function check(path: string, text: string): CheckedFile {
  const { definition, problems } = parseJob({
    text,
    file: `/home/me/nightjar/jobs/${path}`,
    shownAs: path,
    id: path.replace(/\.yml$/, ''),
    home: NO_HOME_SETTINGS,
    userHome: '/home/me',
    checkSchedule: parseSchedule,
  });
  const schedules = (definition?.scheduler ?? []).map((expression) => parseSchedule(expression, definition!.timezone));
  const nextDueAt: number[] = [];
  for (const parsed of schedules) {
    if (!parsed.ok) continue;
    let at = nextDue(parsed.schedule, NOW);
    for (; at !== null && nextDueAt.length < 5; at = nextDue(parsed.schedule, at)) nextDueAt.push(at);
  }
  return {
    // What this version does not execute yet changes from week to week; the pictures should not.
    problems: problems.filter(({ message }) => !message.includes('not yet executed')),
    nextDueAt,
    groups: (definition?.steps ?? []).map(({ name, tasks }) => ({
      name,
      tasks: tasks.map((task) => ({ name: task.name, executor: task.executor, image: task.image })),
    })),
    handlers: (definition?.onFailure ?? []).map((task) => ({
      key: 'on_failure' as const,
      tasks: [{ name: task.name, executor: task.executor, image: task.image }],
    })),
    schedules: (definition?.scheduler ?? []).map((expression) => ({ expression, words: 'Fridays at 06:00' })),
    after: [],
    startRules: [],
    timezone: definition?.timezone ?? null,
  };
}
