import { expect, test } from 'vitest';
import { importOfelia } from '../../../electron/scheduler/import/ofelia.ts';
import { ofeliaSchedule } from '../../../electron/scheduler/import/ofelia-schedule.ts';
import { splitWords } from '../../../electron/scheduler/import/split-words.ts';
import { writeJob } from '../../../electron/scheduler/import/write-job.ts';
import { NO_HOME_SETTINGS, parseJob } from '../../../electron/scheduler/job-file/parse.ts';
import { parseSchedule } from '../../../electron/scheduler/trigger/cron.ts';

const imported = (text: string) =>
  importOfelia({
    text,
    shownAs: 'compose.yaml',
    file: '/srv/compose.yaml',
    checkSchedule: (expression) => {
      const parsed = parseSchedule(expression, null);
      return parsed.ok ? null : parsed.message;
    },
  });

/** In each of the two ways that Compose has for labels; all four kinds of job. */
const COMPOSE = `
services:
  ofelia:
    image: mcuadros/ofelia
    labels:
      - ofelia.job-run.report.schedule=0 30 4 * * *
      - ofelia.job-run.report.image=local/report:1
      - ofelia.job-run.report.command=sh -c 'make report | tee /out/log'
      - ofelia.job-run.report.volume=["/srv/out:/out","cache:/cache:ro"]
      - ofelia.job-run.report.environment=["DAY=yesterday","API_TOKEN=abc"]
      - ofelia.job-run.report.network=backend
      - ofelia.job-run.report.hostname=reporter
      - ofelia.job-local.touch.schedule=@every 5m
      - ofelia.job-local.touch.command=touch /tmp/x
      - ofelia.job-local.touch.dir=/tmp
      - ofelia.job-service-run.swarm.schedule=@hourly
      - ofelia.job-service-run.swarm.image=ubuntu
      - ofelia.job-run.wake.schedule=@daily
      - ofelia.job-run.wake.container=sleeper
  web:
    image: nginx
    labels:
      ofelia.enabled: true
      ofelia.job-exec.flush.schedule: '@every 10s'
      ofelia.job-exec.flush.command: /flush.sh "all of it"
      ofelia.job-exec.flush.user: www-data
      ofelia.job-exec.flush.no-overlap: 'true'
      ofelia.job-exec.odd.schedule: '@every 1h30m'
      ofelia.job-exec.odd.command: 'true'
      ofelia.job-exec.var.schedule: '@daily'
      ofelia.job-exec.var.command: echo \${WHO}
`;

test('all four kinds of job are carried over, from labels of both ways of writing', () => {
  const jobs = Object.fromEntries(imported(COMPOSE).jobs.map(({ name, job }) => [name, job]));
  expect(jobs).toEqual({
    report: {
      scheduler: '0 30 4 * * *',
      variables: { DAY: 'yesterday', API_TOKEN: 'abc' },
      overlap: 'allow',
      steps: [
        {
          name: 'run',
          image: 'local/report:1',
          command: ['sh', '-c', 'make report | tee /out/log'],
          network: 'backend',
          volumes: ['/srv/out:/out', 'cache:/cache:ro'],
        },
      ],
    },
    touch: {
      scheduler: '*/5 * * * *',
      overlap: 'allow',
      steps: [{ name: 'run', command: ['touch', '/tmp/x'], workdir: '/tmp' }],
    },
    swarm: { scheduler: '@hourly', overlap: 'allow', steps: [{ name: 'run', image: 'ubuntu' }] },
    wake: {
      scheduler: '@daily',
      overlap: 'allow',
      steps: [{ name: 'run', command: ['docker', 'start', '--attach', 'sleeper'] }],
    },
    flush: {
      scheduler: '*/10 * * * * *',
      steps: [
        {
          name: 'run',
          command: [
            'docker',
            'compose',
            '-f',
            '/srv/compose.yaml',
            'exec',
            '-T',
            '--user',
            'www-data',
            'web',
            '/flush.sh',
            'all of it',
          ],
        },
      ],
    },
  });
});

test('what is lost and what is different is told by label', () => {
  const { notes } = imported(COMPOSE);
  expect(notes.filter(({ isLost }) => isLost).map(({ where, text }) => `${where}: ${text}`)).toEqual([
    'compose.yaml: ofelia.job-exec.odd: its schedule cannot be carried over: `@every 1h30m` has no counterpart: it does not divide a minute, an hour or a day evenly.',
    'compose.yaml: ofelia.job-exec.var: a variable of Compose stands in its labels; put its value there and import again.',
  ]);
  const told = notes.filter(({ isLost }) => !isLost).map(({ where, text }) => `${where.split('.').at(-1)}: ${text}`);
  expect(told).toEqual([
    expect.stringContaining('report: API_TOKEN looks like a secret'),
    'report: `hostname` is left out.',
    'touch: it ran inside the container of Ofelia, and is a process of this machine here.',
    'swarm: it ran as a service of a swarm, and is a container of this machine here.',
    'flush: it runs as `docker … exec` on this machine, in the container that is running then.',
  ]);
});

test('every job that it writes is read without an error', () => {
  for (const each of imported(COMPOSE).jobs) {
    const { problems } = parseJob({
      id: each.name,
      text: writeJob(each),
      file: `/jobs/${each.name}.yml`,
      shownAs: each.name,
      home: NO_HOME_SETTINGS,
      checkSchedule: parseSchedule,
      userHome: '/home/ada',
    });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  }
});

test.each([
  ['@every 1s', '* * * * * *'],
  ['@every 90s', null],
  ['@every 15m', '*/15 * * * *'],
  ['@every 7m', null],
  ['@every 1h', '0 * * * *'],
  ['@every 1h60m', '0 */2 * * *'],
  ['@every 24h', '0 0 * * *'],
  ['@every 48h', null],
  ['@every soon', null],
  ['0 0 ? * MON', '0 0 * * MON'],
  ['TZ=Asia/Tokyo 0 6 * * *', null],
])('%s is %s', (written, expression) => {
  const schedule = ofeliaSchedule(written);
  expect('expression' in schedule ? schedule.expression : null).toBe(expression);
});

test('words are taken apart by quotes and backslashes', () => {
  expect(splitWords(`a "b c" 'd "e"' f\\ g "" h"i"`)).toEqual(['a', 'b c', 'd "e"', 'f g', '', 'hi']);
});

test.each([
  ['a: [', /^compose\.yaml is no YAML: .+\.$/],
  ['version: 3', /^compose\.yaml has no `services`; name a Compose file\.$/],
])('what is no Compose file is refused: %s', (text, message) => {
  expect(() => imported(text)).toThrow(message);
});
