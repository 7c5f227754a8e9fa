// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import { expect } from 'vitest';
import type { Pipeline } from '../../electron/api/api.ts';
import { fixtureLog, LOG_RUN } from '../support/fixture-log.ts';
import { look } from '../support/look.ts';
import { poll, test } from '../support/window-test.ts';

const at = `#/run/${LOG_RUN}`;

/** A pipeline of the run's first task: one job of each kind, one with a name that has no room. */
function pipelineOf(log: ReturnType<typeof fixtureLog>): Pipeline {
  const from = log.run.startedAt!;
  const job = (id: number, name: string, stage: string, state: Pipeline['jobs'][number]['state'], more = {}) => ({
    id: String(id),
    name,
    stage,
    state,
    note: null,
    startedAt: null,
    endedAt: null,
    url: `https://gitlab.example/warehouse/app/-/jobs/${id}`,
    ...more,
  });
  return {
    taskRunId: log.run.tasks[0]!.id,
    service: 'GitLab',
    id: '48213',
    url: 'https://gitlab.example/warehouse/app/-/pipelines/48213',
    jobs: [
      job(1, 'lint', 'build', 'failed', {
        startedAt: from,
        endedAt: from + 9_000,
        note: 'script failure, allowed to fail',
      }),
      job(2, 'build', 'build', 'succeeded', { startedAt: from, endedAt: from + 31_000 }),
      job(3, 'integration: [postgres-17, eu-central-1, with-replication, long-names]', 'test', 'running', {
        startedAt: from + 33_000,
      }),
      job(4, 'deploy', 'deploy', 'waiting', { note: 'to be started by hand' }),
    ],
  };
}

test('the jobs of a pipeline are shown as they are there, with the links, and change while one looks', async ({
  open,
}) => {
  const log = fixtureLog();
  const pipeline = pipelineOf(log);
  const shown = () => ({ ...log.run, commit: null, pipelines: [pipeline] });
  const { page, host } = await open({ ...log.handlers, 'runs.get': shown }, { at });
  await page.getByRole('tab', { name: 'Pipeline' }).click();
  const link = page.getByRole('link', { name: 'GitLab pipeline 48213' });
  expect(await link.getAttribute('href')).toBe(pipeline.url);
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
  const rows = page.getByRole('table', { name: 'Jobs of GitLab pipeline 48213' }).getByRole('row');
  expect(
    (await rows.allInnerTexts()).map((text) =>
      text
        .split(/\s*\t\s*/)
        .slice(0, 3)
        .join(' | '),
    ),
  ).toEqual([
    'Job | Stage | State',
    'lint | build | failed',
    'build | build | succeeded',
    'integration: [postgres-17, eu-central-1, with-replication, long-names] | test | running',
    'deploy | deploy | waiting',
  ]);
  expect(await page.getByText('2 of 4 jobs done').count()).toBe(1);
  await look(page, 'run-pipeline');
  pipeline.jobs[2]!.state = 'succeeded';
  pipeline.jobs[2]!.endedAt = pipeline.jobs[2]!.startedAt! + 4_000;
  host.emit('run.changed', LOG_RUN, { run: LOG_RUN });
  await poll(() => page.getByText('3 of 4 jobs done').count()).toBe(1);
});

test('a run has no tab for a pipeline until there is one, which may have named no jobs yet', async ({ open }) => {
  const log = fixtureLog();
  const pipeline = { ...pipelineOf(log), service: 'GitHub' as const, jobs: [] };
  const pipelines: Pipeline[] = [];
  const { page, host } = await open({ ...log.handlers, 'runs.get': () => ({ ...log.run, pipelines }) }, { at });
  await page.getByRole('tab', { name: 'Definition' }).waitFor();
  expect(await page.getByRole('tab', { name: 'Pipeline' }).count()).toBe(0);
  pipelines.push(pipeline);
  host.emit('run.changed', LOG_RUN, { run: LOG_RUN });
  await page.getByRole('tab', { name: 'Pipeline' }).click();
  await page.getByText('GitHub has named no jobs of it yet.').waitFor();
  expect(await page.getByRole('link', { name: 'GitHub run 48213' }).count()).toBe(1);
});
