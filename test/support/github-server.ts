import { fastClock, serve, type Answer, type Asked } from './service-under-test.ts';

export interface ServedRun {
  id: number;
  status: string;
  conclusion: string | null;
  inputs: Record<string, string>;
  title: string;
  actor: string;
  jobs: ServedJob[];
}

export interface ServedJob {
  id: number;
  name: string;
  status: string;
  conclusion: string | null;
  steps: { name: string; conclusion: string | null }[];
  log: string;
}

export const TOKEN = 'ghp_0123456789';

/**
 * GitHub, as its documentation of workflow dispatches, runs and job logs has it, for `deploy.yml` of `octo/app`; its inputs are
 * `TEST_PIPELINE` and `mark`. What a runner would do is up to the test: it changes `runs`. Logs are in a store of another origin.
 */
export async function serveGithub(options: { tellsRunId?: boolean; titles?: 'by mark' | 'plain' } = {}) {
  const runs: ServedRun[] = [];
  let lastId = 500;
  const state = { onDispatch: (_run: ServedRun): void => {}, areLogsThere: true };
  const refuse = (status: number, message: string): Answer => ({
    status,
    json: { message, documentation_url: 'https://docs' },
  });

  const store = await serve(({ path, headers }): Answer => {
    if (headers.authorization !== undefined) return { status: 400, text: 'a store wants no credentials' };
    const job = runs.flatMap(({ jobs }) => jobs).find(({ id }) => path === `/logs/${id}`);
    return job === undefined ? { status: 404, text: 'gone' } : { text: job.log };
  });

  const service = await serve((asked): Answer => {
    if (asked.headers.authorization !== `token ${TOKEN}`) return refuse(401, 'Bad credentials');
    if (asked.path === '/user') return { json: { login: 'me' } };
    const [, rest = ''] = /^\/repos\/octo\/app\/?(.*)$/.exec(asked.path) ?? [];
    if (asked.path === '/repos/octo/app') return { json: { default_branch: 'main' } };
    if (rest === 'actions/workflows/deploy.yml/dispatches') return dispatch(asked);
    if (rest === 'actions/workflows/deploy.yml/runs')
      return { json: { total_count: runs.length, workflow_runs: runs.map(shown) } };
    const [, id, what] = /^actions\/runs\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
    const run = runs.find((one) => one.id === Number(id));
    if (run !== undefined) return ofRun(run, what);
    const [, jobId] = /^actions\/jobs\/(\d+)\/logs$/.exec(rest) ?? [];
    if (jobId === undefined || !state.areLogsThere) return refuse(404, 'Not Found');
    return { status: 302, headers: { location: `${store.url}/logs/${jobId}?sig=x` } };
  });

  function dispatch({ body }: Asked): Answer {
    if (body['ref'] !== 'main') return refuse(422, `No ref found for: ${String(body['ref'])}`);
    const inputs = (body['inputs'] ?? {}) as Record<string, string>;
    const declared = new Set(['TEST_PIPELINE', ...(options.titles === 'by mark' ? ['NIGHTJAR_TASK_RUN'] : [])]);
    const unexpected = Object.keys(inputs).filter((name) => !declared.has(name));
    if (unexpected.length > 0) return refuse(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
    const run: ServedRun = {
      id: ++lastId,
      status: 'queued',
      conclusion: null,
      inputs,
      title: `Deploy ${inputs['NIGHTJAR_TASK_RUN'] ?? ''}`,
      actor: 'me',
      jobs: [],
    };
    runs.push(run);
    state.onDispatch(run);
    if (options.tellsRunId === false || body['return_run_details'] !== true) return { status: 204 };
    return { json: { workflow_run_id: run.id, run_url: `${service.url}/x`, html_url: urlOf(run.id) } };
  }

  function ofRun(run: ServedRun, what: string | undefined): Answer {
    switch (what) {
      case undefined:
        return { json: shown(run) };
      case 'jobs':
        return { json: { total_count: run.jobs.length, jobs: run.jobs.map(shownJob) } };
      case 'cancel':
        if (run.status === 'completed') return refuse(409, 'Cannot cancel a workflow run that is completed.');
        Object.assign(run, { status: 'completed', conclusion: 'cancelled' });
        for (const job of run.jobs)
          if (job.status !== 'completed') Object.assign(job, { status: 'completed', conclusion: 'cancelled' });
        return { status: 202, json: {} };
      default:
        return refuse(404, 'Not Found');
    }
  }

  const urlOf = (id: number): string => `https://github.example/octo/app/actions/runs/${id}`;
  const shown = ({ id, status, conclusion, title, actor }: ServedRun) => ({
    id,
    status,
    conclusion,
    display_title: title,
    html_url: urlOf(id),
    triggering_actor: { login: actor },
    created_at: new Date(fastClock.now()).toISOString(),
  });
  const shownJob = (job: ServedJob) => ({
    ...job,
    log: undefined,
    html_url: `https://github.example/octo/app/job/${job.id}`,
    started_at: '2026-03-01T08:00:00Z',
    completed_at: job.status === 'completed' ? '2026-03-01T08:00:05Z' : null,
  });
  return { ...service, runs, state, store, urlOf };
}

let jobIds = 9_000;
export function servedJob(name: string, conclusion: string | null, log = ''): ServedJob {
  const status = conclusion === null ? 'in_progress' : 'completed';
  return { id: ++jobIds, name, status, conclusion, steps: [{ name: 'Run tests', conclusion }], log };
}
