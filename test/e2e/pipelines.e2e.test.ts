import { expect, test, vi } from 'vitest';
import { servedJob, serveGitlab, TOKEN } from '../support/gitlab-server.ts';
import { Served } from '../support/served.ts';

const soon = { timeout: 30_000, interval: 50 };

test("Orchestrate's job triggers one pipeline, waits for its token, and follows it over a kill -9 without losing or repeating a line", async () => {
  const gitlab = await serveGitlab();
  const [build, tests] = [servedJob('build', 'running', { stage: 'build' }), servedJob('test', 'running')];
  gitlab.state.onCreate = (pipeline) => Object.assign(pipeline, { status: 'running', jobs: [build, tests] });
  const served = await Served.make({
    'nightjar.yml': 'steps: [{ name: pipeline, gitlab: { ref: main } }]\n',
    'example_job.yml': "pipeline_name: 'example_job'\nvariables:\n    TEST_PIPELINE: 'true'\n",
  });
  const here = { GITLAB_TOKEN: '', CI_PROJECT_ID: '42', CI_API_V4_URL: `${gitlab.url}/api/v4` };
  const lines = (job: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${job} ${i}\n`).join('');
  const shown = async () => {
    const slice = await served.call((client) => client.call('log.slice', { run: 1, from: 0, count: 1_000 }));
    return slice.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
  };

  const waiting = await served.serve([], here);
  await served.call((client) => client.call('queue.next', { job: 'example_job' }));
  const { waiting: rows } = await served.call((client) => client.call('queue.get', {}));
  expect(rows).toMatchObject([
    { cause: 'missing-environment', reason: expect.stringContaining('GITLAB_TOKEN') as string },
  ]);
  waiting.child.kill('SIGKILL');
  await waiting.finished;

  const killed = await served.serve([], { ...here, GITLAB_TOKEN: TOKEN });
  await vi.waitFor(() => expect(gitlab.pipelines).toHaveLength(1), soon);
  [build.trace, tests.trace] = [lines('build', 400), lines('test', 3)];
  await vi.waitFor(async () => expect(await shown()).toHaveLength(403), soon);
  killed.child.kill('SIGKILL');
  await killed.finished;

  [build.trace, tests.trace] = [`${lines('build', 500)}the token is ${TOKEN}\n`, lines('test', 9)];
  [build.status, tests.status] = ['success', 'failed'];
  gitlab.pipelines[0]!.status = 'failed';
  const last = await served.serve([], { ...here, GITLAB_TOKEN: TOKEN });
  await served.quiet(30_000);
  const run = await served.call((client) => client.call('runs.get', { run: 1 }));
  expect(run).toMatchObject({ state: 'failed', exitCode: 1, reason: 'pipeline 101 failed in job test in pipeline' });
  expect(run.pipelines).toMatchObject([
    {
      service: 'GitLab',
      id: '101',
      url: gitlab.urlOf(101),
      jobs: [
        { name: 'build', state: 'succeeded' },
        { name: 'test', state: 'failed' },
      ],
    },
  ]);
  const all = await shown();
  const of = (job: string) => all.filter((line) => line.startsWith(`[${job}]`));
  const told = (job: string, count: number) =>
    lines(job, count)
      .trimEnd()
      .split('\n')
      .map((line) => `[${job}] ${line}`);
  expect(of('test')).toEqual(told('test', 9));
  expect(of('build').slice(0, -1)).toEqual(told('build', 500));
  expect(of('build').at(-1)).toBe('[build] the token is •••••');
  expect(gitlab.pipelines).toHaveLength(1);
  last.child.kill('SIGTERM');
  expect((await last.finished).code).toBe(0);
});

const env = process.env;

/** Real services, where somebody gives a token, and a project or workflow whose pipeline succeeds; nobody is asked for one. */
const live = [
  {
    service: 'GitLab',
    task: `gitlab: { project: '${env['NIGHTJAR_TEST_GITLAB_PROJECT']}' }`,
    environment: { GITLAB_TOKEN: env['NIGHTJAR_TEST_GITLAB_TOKEN'], CI_API_V4_URL: env['NIGHTJAR_TEST_GITLAB_URL'] },
    isGiven: Boolean(env['NIGHTJAR_TEST_GITLAB_TOKEN'] && env['NIGHTJAR_TEST_GITLAB_PROJECT']),
  },
  {
    service: 'GitHub',
    task: `github: { repo: '${env['NIGHTJAR_TEST_GITHUB_REPO']}', workflow: '${env['NIGHTJAR_TEST_GITHUB_WORKFLOW']}' }`,
    environment: { GITHUB_TOKEN: env['NIGHTJAR_TEST_GITHUB_TOKEN'] },
    isGiven: Boolean(
      env['NIGHTJAR_TEST_GITHUB_TOKEN'] && env['NIGHTJAR_TEST_GITHUB_REPO'] && env['NIGHTJAR_TEST_GITHUB_WORKFLOW'],
    ),
  },
].filter(({ isGiven }) => isGiven);

test.each(live)(
  'the real $service runs a pipeline and shows its logs',
  async ({ service, task, environment }) => {
    const served = await Served.make({ 'live.yml': `steps: [{ name: live, ${task} }]\n` });
    const { code, stdout, stderr } = await served.run(['run', 'live'], environment);
    expect(stdout + stderr).toMatch(new RegExp(`${service} (pipeline|run) \\d+: https://`));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/\| \[[^\]]+\] ./);
  },
  15 * 60_000,
);
