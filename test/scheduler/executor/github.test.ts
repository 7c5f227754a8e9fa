import { expect, test, vi } from 'vitest';
import { createGithubExecutor } from '../../../electron/scheduler/executor/github.ts';
import { TOKEN, servedJob, serveGithub, type ServedRun } from '../../support/github-server.ts';
import { fastClock, steadyClock } from '../../support/service-under-test.ts';
import { executionOf } from './execution.ts';

type Github = Awaited<ReturnType<typeof serveGithub>>;

const executor = createGithubExecutor({ dataId: 'd1', clock: fastClock, hostEnvironment: async () => ({}) });
const steady = createGithubExecutor({ dataId: 'd1', clock: steadyClock, hostEnvironment: async () => ({}) });
const soon = { timeout: 10_000, interval: 5 };

function taskOn(
  github: Github,
  over: { ref?: string | null; workflow?: string } = {},
  rest: Parameters<typeof executionOf>[1] = {},
) {
  return executionOf(
    {
      executor: 'github',
      github: {
        repo: 'octo/app',
        workflow: over.workflow ?? 'deploy.yml',
        ref: over.ref === undefined ? 'main' : over.ref,
      },
    },
    {
      environment: { GITHUB_TOKEN: TOKEN, GITHUB_API_URL: github.url },
      variables: { TEST_PIPELINE: 'true', REGION: 'eu' },
      about: { NIGHTJAR_JOB: 'j' },
      ...rest,
    },
  );
}

const endsAtOnce =
  (conclusion: string, ...jobs: ServedRun['jobs']) =>
  (run: ServedRun) =>
    void Object.assign(run, { status: 'completed', conclusion, jobs });

test('a workflow is triggered with the inputs that it declares, followed to its end, and its jobs and their logs are told', async () => {
  const github = await serveGithub();
  const execution = taskOn(github, { ref: null });
  const ending = executor.execute(execution);
  await vi.waitFor(() => expect(github.runs).toHaveLength(1), soon);
  const [run] = github.runs as [ServedRun];
  expect(run.inputs).toEqual({ TEST_PIPELINE: 'true' });
  const build = servedJob(
    'build',
    null,
    '\ufeff2026-03-01T08:00:00.1234567Z ##[group]Run make\n2026-03-01T08:00:00Z \x1b[36mmäke\x1b[0m\n2026-03-01T08:00:01Z ##[endgroup]\n',
  );
  Object.assign(run, { status: 'in_progress', jobs: [build] });
  await vi.waitFor(() => expect(execution.remote.jobs()).toMatchObject([{ name: 'build', state: 'running' }]), soon);
  expect(execution.log.text('stdout')).toBe('');
  Object.assign(build, { status: 'completed', conclusion: 'success' });
  await execution.log.until((log) => log.text('stdout') !== '');
  Object.assign(run, { status: 'completed', conclusion: 'success' });

  expect(await ending).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.text('stdout')).toBe('[build] Run make\n[build] \x1b[36mmäke\x1b[0m\n');
  expect(execution.log.notes).toEqual([
    'deploy.yml declares no input REGION, so it is not sent.',
    `GitHub run 501: ${github.urlOf(501)}`,
    '[build] succeeded after 5 s',
  ]);
  expect(execution.traces.at(-1)).toEqual({ remoteId: '501', remoteUrl: github.urlOf(501) });
});

test('a run that failed says in which job and step; its log has the error', async () => {
  const github = await serveGithub();
  const failed = servedJob('build', 'failure', '2026-03-01T08:00:01Z ##[error]Process completed with exit code 2.');
  github.state.onDispatch = endsAtOnce('failure', failed, servedJob('lint', 'skipped'));
  const execution = taskOn(github);
  expect(await executor.execute(execution)).toEqual({
    kind: 'exited',
    exitCode: 1,
    reason: 'run 501 failed in job build (step Run tests)',
  });
  expect(execution.log.text('stdout')).toBe('[build] Error: Process completed with exit code 2.\n');
  expect(execution.remote.jobs().map(({ name, state }) => `${name} ${state}`)).toEqual([
    'build failed',
    'lint skipped',
  ]);
});

test('a log that never appears is given up, and the log says where to look', async () => {
  const github = await serveGithub();
  github.state.onDispatch = endsAtOnce('success', servedJob('build', 'success', 'x\n'));
  github.state.areLogsThere = false;
  const execution = taskOn(github);
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.notes.at(-1)).toBe(
    `GitHub has no log of build; there may be more to see at ${github.urlOf(501)}`,
  );
});

test.each<[string, { ref?: string; workflow?: string }, Record<string, string>, RegExp]>([
  ['a wrong token', {}, { GITHUB_TOKEN: 'wrong' }, /does not accept GITHUB_TOKEN \(Bad credentials\)/],
  ['no token', {}, { GITHUB_TOKEN: '' }, /^GITHUB_TOKEN is not set: /],
  ['a workflow that is not there', { workflow: 'no.yml' }, {}, /no workflow no\.yml in octo\/app/],
  [
    'a branch that is not there',
    { ref: 'gone' },
    {},
    /does not run deploy\.yml of octo\/app on gone: No ref found for: gone\.$/,
  ],
])('GitHub refuses %s, and the reason says what to do', async (_, over, environment, reason) => {
  const github = await serveGithub();
  const settings = { GITHUB_TOKEN: TOKEN, GITHUB_API_URL: github.url, ...environment };
  const outcome = await executor.execute(taskOn(github, over, { environment: settings }));
  expect(outcome).toEqual({ kind: 'could-not-start', reason: expect.stringMatching(reason) as string });
  expect(github.runs).toEqual([]);
});

test('rate limits of both kinds, faults and broken connections are waited for', async () => {
  const github = await serveGithub();
  github.state.onDispatch = endsAtOnce('success', servedJob('build', 'success', 'x\n'));
  const reset = String(Math.ceil(fastClock.now() / 1_000) + 5);
  github.fail(
    ({ method }) =>
      method === 'POST'
        ? {
            status: 403,
            headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
            json: { message: 'API rate limit exceeded' },
          }
        : undefined,
    ({ path }) =>
      path.endsWith('/jobs')
        ? { status: 403, json: { message: 'You have exceeded a secondary rate limit' } }
        : undefined,
    ({ path }) => (path.endsWith('/jobs') ? { status: 502, text: 'Bad Gateway' } : undefined),
    ({ path }) => (path.endsWith('/logs') ? 'drop' : undefined),
  );
  const execution = taskOn(github);
  const from = fastClock.now();
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(fastClock.now() - from).toBeGreaterThan(60_000);
  expect(execution.log.text('stdout')).toBe('[build] x\n');
  expect(github.runs).toHaveLength(1);
});

test('a dispatch that is not answered with its run is found: by its mark, else as the only one of this token', async () => {
  const marked = await serveGithub({ tellsRunId: false, titles: 'by mark' });
  const plain = await serveGithub({ tellsRunId: false });
  for (const github of [marked, plain]) {
    github.state.onDispatch = endsAtOnce('success');
    github.runs.push({
      id: 7,
      status: 'queued',
      conclusion: null,
      inputs: {},
      title: 'Deploy',
      actor: 'you',
      jobs: [],
    });
    const execution = taskOn(github);
    expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
    expect(execution.traces.at(-1)).toMatchObject({ remoteId: '501' });
  }
  // The mark of another task begins like this one's.
  const execution = taskOn(marked, {}, { runId: 1, taskRunId: 2 });
  marked.runs.unshift({ ...marked.runs[0]!, id: 8, title: 'Deploy d1-1-23' });
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.traces.at(-1)).toMatchObject({ remoteId: '502' });
  plain.runs[0]!.actor = 'me';
  expect(await executor.execute(taskOn(plain))).toEqual({
    kind: 'lost',
    reason: expect.stringContaining('several could be the one') as string,
  });
});

test('a cancel is passed on and waited for', async () => {
  const github = await serveGithub();
  github.state.onDispatch = (run) => Object.assign(run, { status: 'in_progress', jobs: [servedJob('build', null)] });
  const stop = new AbortController();
  const execution = taskOn(github, {}, { signal: stop.signal });
  const ending = steady.execute(execution);
  await vi.waitFor(() => expect(execution.remote.jobs()).toHaveLength(1), soon);
  stop.abort({ kind: 'cancelled', by: 'you' });
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(github.runs[0]).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
});

test('after a restart the run is followed on, and what is in the log already does not come again', async () => {
  const github = await serveGithub();
  github.state.onDispatch = endsAtOnce('success', servedJob('build', 'success', 'one\ntwo\n'));
  const first = taskOn(github);
  await executor.execute(first);
  const again = taskOn(github, {}, { log: first.log, remote: first.remote });
  again.remote.addPiece({ logFrom: 0, jobId: String(github.runs[0]!.jobs[0]!.id), traceFrom: 0 });
  expect(await executor.recover(again, Object.assign({}, ...first.traces))).toEqual({ kind: 'exited', exitCode: 0 });
  expect(first.log.text('stdout')).toBe('[build] one\n[build] two\n');
  expect(github.runs).toHaveLength(1);
});
