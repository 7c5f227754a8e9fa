import { expect, test } from 'vitest';
import { missingEnvironment, variablesOfTask } from '../../../electron/scheduler/run/environment.ts';
import { tokensForPipelines } from '../../../electron/scheduler/run/pipeline-settings.ts';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { job, task } from '../../support/definitions.ts';

const gitlab = { project: null, ref: null, url: null };
const steps = [{ name: 'one', tasks: [task('one', { executor: 'gitlab', gitlab })] }];
const github = { repo: 'a/b', workflow: 'c.yml', ref: null };

test.each<[string, Partial<JobDefinition>, string[]]>([
  ['token and project', { steps }, ['GITLAB_TOKEN', 'CI_PROJECT_ID']],
  [
    'no project that the task names',
    { steps: [{ name: 'one', tasks: [task('one', { gitlab: { ...gitlab, project: 'a/b' } })] }] },
    ['GITLAB_TOKEN'],
  ],
  ['what a handler needs', { always: [task('tell', { github })] }, ['GITHUB_TOKEN']],
  [
    'nothing that is a secret, a variable or a param',
    { steps, secrets: ['GITLAB_TOKEN'], homeVariables: { CI_PROJECT_ID: '42' } },
    [],
  ],
  ['nothing that an env_file may have', { steps, envFile: ['/jobs/.env'] }, []],
  ['each name once', { steps, requiresEnv: ['GITLAB_TOKEN', 'PGHOST'] }, ['GITLAB_TOKEN', 'PGHOST', 'CI_PROJECT_ID']],
])('a job with a pipeline waits for what this machine must have: %s', (_, over, names) => {
  expect(missingEnvironment(job('j', over), {})).toEqual(names);
  expect(missingEnvironment(job('j', over), Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});

test('a service elsewhere is told what files and params say, and nothing of this machine, of an env_file or a secret', () => {
  const environment = {
    layers: [
      { origin: 'host', source: null, values: { PGHOST: 'db', PLAIN: 'host' } },
      { origin: 'home', source: null, values: { SHARED: 'home', FILED: 'home' } },
      { origin: 'env-file', source: '/.env', values: { FILED: 'file' } },
      { origin: 'job', source: null, values: { PLAIN: 'job', HIDDEN: 'job' } },
      { origin: 'param', source: null, values: { day: 'today' } },
      { origin: 'secret', source: null, values: { HIDDEN: 'secret' } },
      { origin: 'nightjar', source: null, values: { NIGHTJAR_JOB: 'j' } },
    ],
    masked: [],
  } as const;
  const now = { attempt: 2, outputs: { MADE: 'output' }, commit: null };
  const told = variablesOfTask(environment, { name: 'one', variables: { OWN: 'task' } }, now);
  expect(told.variables).toEqual({ SHARED: 'home', PLAIN: 'job', day: 'today', MADE: 'output', OWN: 'task' });
  expect(told.about).toEqual({ NIGHTJAR_JOB: 'j', NIGHTJAR_TASK: 'one', NIGHTJAR_TASK_ATTEMPT: '2' });
  expect(told.environment).toMatchObject({ HIDDEN: 'secret', FILED: 'file', PGHOST: 'db' });
  expect(tokensForPipelines(job('j', { steps }))).toEqual(['GITLAB_TOKEN']);
});
