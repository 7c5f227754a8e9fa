import { expect, test, vi } from 'vitest';
import { createGitlabExecutor } from '../../../electron/scheduler/executor/gitlab.ts';
import { Failure } from '../../../electron/scheduler/failure.ts';
import { CollectedLog } from '../../support/collected-log.ts';
import { TOKEN, servedJob, serveGitlab, type ServedPipeline } from '../../support/gitlab-server.ts';
import { fastClock, type Answer } from '../../support/service-under-test.ts';
import { executionOf } from './execution.ts';
import { endsAtOnce, executor, soon, steady, taskOn } from './gitlab-task.ts';

test('a pipeline is triggered with the variables of the run, followed to its end, and its jobs and their logs are told', async () => {
  const gitlab = await serveGitlab({ pageSize: 1 });
  const execution = taskOn(gitlab);
  const ending = executor.execute(execution);
  await vi.waitFor(() => expect(gitlab.pipelines).toHaveLength(1), soon);
  const pipeline = gitlab.pipelines[0]!;
  expect(Object.fromEntries(pipeline.variables.map(({ key, value }) => [key, value]))).toEqual({
    TEST_PIPELINE: 'true',
    NIGHTJAR_JOB: 'j',
    NIGHTJAR_TASK_RUN: `d1-7-${execution.taskRunId}`,
  });
  const [build, tests] = [servedJob('build', 'running', { stage: 'build' }), servedJob('test', 'created')];
  Object.assign(pipeline, { status: 'running', jobs: [build, tests] });
  build.trace =
    '\x1b[0KRunning with gitlab-runner\r\nsection_start:1:prepare\r\x1b[0K\x1b[36mPreparing\x1b[0m\nhalf a li';
  await execution.log.until((log) => log.text('stdout').includes('Preparing'));
  expect(execution.log.text('stdout')).toBe('[build] Running with gitlab-runner\n[build] \x1b[36mPreparing\x1b[0m\n');
  expect(execution.remote.jobs().map(({ name, state }) => `${name} ${state}`)).toEqual([
    'build running',
    'test waiting',
  ]);
  build.trace += 'ne\nsection_end:2:prepare\r\x1b[0K\n2026-03-01T08:00:00.123456Z 00O Job succeeded';
  build.status = 'success';
  Object.assign(tests, { status: 'running', trace: 'ok 1\n' });
  await execution.log.until((log) => log.text('stdout').includes('[test] ok 1'));
  Object.assign(tests, { status: 'success', trace: 'ok 1\nok 2' });
  pipeline.status = 'success';

  expect(await ending).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.text('stdout').split('\n').slice(2)).toEqual([
    '[build] half a line',
    '[build] Job succeeded',
    '[test] ok 1',
    '[test] ok 2',
    '',
  ]);
  expect(execution.log.notes).toEqual([
    `GitLab pipeline 101: ${gitlab.urlOf(101)}`,
    '[build] succeeded after 7 s',
    '[test] succeeded after 7 s',
  ]);
  expect(execution.traces.at(-1)).toEqual({ remoteId: '101', remoteUrl: gitlab.urlOf(101) });
  expect(execution.remote.pieces()).toEqual([]);
  expect(JSON.stringify(execution.log)).not.toContain(TOKEN);
});

test.each<[string, (pipeline: ServedPipeline) => void, string]>([
  [
    'in the jobs that failed it',
    endsAtOnce(
      'failed',
      servedJob('lint', 'failed', { allow_failure: true }),
      servedJob('test', 'failed', { failure_reason: 'script_failure' }),
      servedJob('flaky', 'failed'),
      servedJob('flaky', 'success'),
      servedJob('deploy', 'failed', { failure_reason: 'runner_system_failure' }),
    ),
    'pipeline 101 failed in job test and job deploy (runner system failure)',
  ],
  [
    'in a pipeline further down',
    endsAtOnce(
      'failed',
      servedJob('trigger', 'failed', { downstream: { id: 77, web_url: 'https://gitlab.example/p/77' } }),
    ),
    'pipeline 101 failed in job trigger (its pipeline 77)',
  ],
  [
    'because somebody cancelled it',
    endsAtOnce('canceled', servedJob('test', 'canceled')),
    'pipeline 101 was cancelled on GitLab',
  ],
  ['because nothing ran', endsAtOnce('skipped'), 'pipeline 101 was skipped by GitLab: none of its jobs ran'],
])('a pipeline that failed says where: %s', async (_, onCreate, reason) => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = onCreate;
  const execution = taskOn(gitlab);
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 1, reason });
  expect(execution.remote.jobs()).toHaveLength(gitlab.pipelines[0]!.jobs.length);
});

test('a pipeline that waits for a person says so once, with the link, and goes on when it was started', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('manual', servedJob('deploy', 'manual'));
  const execution = taskOn(gitlab, { ref: null });
  const ending = executor.execute(execution);
  await vi.waitFor(() => expect(gitlab.count('GET', /\/pipelines\/101$/)).toBeGreaterThan(2), soon);
  gitlab.pipelines[0]!.status = 'success';
  expect(await ending).toEqual({ kind: 'exited', exitCode: 0 });
  expect(gitlab.pipelines[0]!.ref).toBe('main');
  expect(execution.log.notes.filter((note) => note.includes('waits'))).toEqual([
    `GitLab waits for a person to start job deploy: ${gitlab.urlOf(101)}`,
  ]);
});

test.each<[string, Parameters<typeof taskOn>[1], Record<string, string>, RegExp]>([
  ['a wrong token', {}, { GITLAB_TOKEN: 'wrong' }, /does not accept GITLAB_TOKEN .*scope `api`/],
  ['no token', {}, {}, /^GITLAB_TOKEN is not set: .*nightjar secret set GITLAB_TOKEN/],
  [
    'a project that is not there',
    { project: 'group/other' },
    { GITLAB_TOKEN: TOKEN },
    /shows GITLAB_TOKEN no project group\/other/,
  ],
  [
    'a branch that is not there',
    { ref: 'gone' },
    { GITLAB_TOKEN: TOKEN },
    /no pipeline for gone of group\/app: Reference not found\. Check/,
  ],
  [
    'rules that leave no job',
    { ref: 'empty' },
    { GITLAB_TOKEN: TOKEN },
    /prevented any jobs .* Check `ref`, and the `rules`/,
  ],
  [
    'a protected branch',
    { ref: 'protected' },
    { GITLAB_TOKEN: TOKEN },
    /may not do this in group\/app .*protected branch/,
  ],
])('GitLab refuses %s, and the reason says what to do', async (_, over, environment, reason) => {
  const gitlab = await serveGitlab();
  const outcome = await executor.execute(taskOn(gitlab, over, { environment }));
  expect(outcome).toEqual({ kind: 'could-not-start', reason: expect.stringMatching(reason) as string });
  expect(JSON.stringify(outcome)).not.toContain(TOKEN);
  expect(gitlab.pipelines).toEqual([]);
});

test('project, address and token come from the machine where neither task nor run has them', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('success');
  const host = { CI_PROJECT_ID: '42', CI_API_V4_URL: `${gitlab.url}/api/v4/`, GITLAB_TOKEN: TOKEN };
  const onHost = createGitlabExecutor({ dataId: 'd1', clock: fastClock, hostEnvironment: async () => host });
  const execution = executionOf({ executor: 'gitlab', gitlab: { project: null, ref: null, url: null } });
  expect(await onHost.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
});

test('rate limits, faults and broken connections are waited for and told once, and nothing comes twice', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('success', servedJob('test', 'success', { trace: 'one\ntwo\n' }));
  const once = (method: string, end: string, answer: Answer) =>
    gitlab.fail((asked) => (asked.method === method && asked.path.endsWith(end) ? answer : undefined));
  const html = { 'content-type': 'text/html' };
  once('POST', '/pipeline', { status: 429, headers: { 'retry-after': '3' }, json: { message: 'Too many' } });
  once('GET', '/jobs', { status: 404, json: { message: '404 Not found' } });
  once('GET', '/jobs', { status: 502, headers: html, text: '<h1>Bad Gateway</h1>' });
  once('GET', '/jobs', { headers: html, text: "<p>A hotel's network</p>" });
  once('GET', '/jobs', 'drop');
  once('GET', '/trace', { status: 503, json: { message: 'busy' } });
  const execution = taskOn(gitlab);
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.text('stdout')).toBe('[test] one\n[test] two\n');
  expect(gitlab.pipelines).toHaveLength(1);
  expect(execution.log.notes.filter((note) => / again/.test(note))).toEqual([
    `GitLab at ${gitlab.url} takes no more requests for now: Too many. Nightjar asks again until it answers.`,
    'GitLab answers again.',
    'GitLab does not know pipeline 101 yet. Nightjar asks again until it answers.',
    'GitLab answers again.',
    `GitLab at ${gitlab.url} has a fault of its own (503): busy. Nightjar asks again until it answers.`,
    'GitLab answers again.',
  ]);
});

test('a connection that breaks after GitLab made the pipeline makes no second one', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('success');
  gitlab.fail(({ method, path, headers, body }) => {
    if (method !== 'POST') return undefined;
    // The request is obeyed, and the answer is lost.
    const again = {
      method: 'POST',
      headers: { 'private-token': String(headers['private-token']) },
      body: JSON.stringify(body),
    };
    return fetch(`${gitlab.url}${path}`, again).then(() => 'drop' as const);
  });
  const execution = taskOn(gitlab);
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(gitlab.pipelines).toHaveLength(1);
});

test('a cancel is passed on and waited for', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('running', servedJob('test', 'running', { trace: 'begun\n' }));
  const stop = new AbortController();
  const execution = taskOn(gitlab, {}, { signal: stop.signal });
  const ending = steady.execute(execution);
  await execution.log.until((log) => log.text('stdout').includes('begun'));
  stop.abort({ kind: 'cancelled', by: 'you' });
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(gitlab.pipelines[0]!.status).toBe('canceled');
  expect(execution.remote.jobs()[0]).toMatchObject({ name: 'test', state: 'cancelled' });
});

test('a cancel that takes no effect is given up in time, and the log says where to look', async () => {
  const gitlab = await serveGitlab({ cancels: 'never' });
  gitlab.state.onCreate = endsAtOnce('running', servedJob('test', 'running'));
  const stop = new AbortController();
  const execution = taskOn(gitlab, {}, { signal: stop.signal });
  const ending = steady.execute(execution);
  await execution.log.until(({ notes }) => notes.length > 0);
  stop.abort({ kind: 'interrupted', why: 'the machine was shut down', withinMs: 3_000 });
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(execution.log.notes.at(-1)).toBe(
    `It was told to stop and has not ended yet; see to pipeline 101 at ${gitlab.urlOf(101)}`,
  );
});

test('a token that expires on the way ends the task and says that the pipeline may go on', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('running');
  gitlab.fail(({ path }) =>
    path.endsWith('/pipelines/101') ? { status: 401, json: { message: '401 Unauthorized' } } : undefined,
  );
  expect(await executor.execute(taskOn(gitlab))).toEqual({
    kind: 'lost',
    reason: expect.stringMatching(/does not accept GITLAB_TOKEN .* pipeline 101 may still go on: https:/) as string,
  });
});

test('a log that cannot be written cancels the pipeline, and its failure is told', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('running', servedJob('test', 'running', { trace: 'one\n' }));
  const failure = new Failure('log-not-writable', 'The log cannot be written.');
  const log = new CollectedLog({ onWrite: () => Promise.reject(failure) });
  await expect(steady.execute(taskOn(gitlab, {}, { log }))).rejects.toBe(failure);
  expect(gitlab.pipelines[0]!.status).toBe('canceled');
});

test('what the service calls its jobs and reasons is one line, and moves no cursor', async () => {
  const gitlab = await serveGitlab();
  const name = 'te\u001b]52;c;aGk=\u0007st\nsucceeded: forged';
  gitlab.state.onCreate = endsAtOnce('failed', servedJob(name, 'failed', { trace: 'one\n' }));
  const execution = taskOn(gitlab);
  const { reason } = (await executor.execute(execution)) as { reason: string };
  const [job] = execution.remote.jobs();
  expect(job?.name).toBe('te ]52;c;aGk= st succeeded: forged');
  expect(reason).toContain(`failed in job ${job?.name}`);
  expect(execution.log.text('stdout')).toBe(`[${job?.name}] one\n`);
  expect(execution.log.notes.join('')).not.toMatch(/\p{Cc}/u);
});

test('a service that does not answer a cancel keeps nobody who ends from ending', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('running', servedJob('test', 'running'));
  const stop = new AbortController();
  const execution = taskOn(gitlab, {}, { signal: stop.signal });
  const ending = steady.execute(execution);
  await vi.waitFor(() => expect(execution.remote.jobs()).toHaveLength(1), soon);
  gitlab.fail(({ path }) => (path.endsWith('/cancel') ? new Promise<never>(() => {}) : undefined));
  stop.abort({ kind: 'interrupted', why: 'the machine was shut down', withinMs: 20 });
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(execution.log.notes.at(-1)).toMatch(/could not be cancelled in time/);
});
