import type { Octokit } from '@octokit/core';
import type { Clock } from '../clock.ts';
import { explainGithub, type GithubPlace } from './github-refusals.ts';
import { githubEnd, githubJob, hasLog, type GithubJob } from './github-states.ts';
import { serviceErrorIn } from './pipeline/service-error.ts';
import { apiFetch, serviceFetch } from './pipeline/service-fetch.ts';
import type { PipelineOrder, PipelineService, RemotePipeline } from './pipeline/service.ts';

export interface GithubServiceOptions extends GithubPlace {
  readonly token: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Input with the mark of the task attempt; a workflow that puts it into its `run-name` is found by it whatever happens. */
const MARK = 'NIGHTJAR_TASK_RUN';
/** More inputs GitHub takes for no workflow. */
const MOST_INPUTS = 25;
/** Between the clocks of two machines. */
const SKEW_MS = 2 * 60_000;
const PAGE = 100;
/** Pages of jobs; a workflow run has 256 of a matrix, and no one looks at more than this. */
const MOST_PAGES = 10;

/** Runs of one workflow, through GitHub's REST API. */
export async function connectGithub(options: GithubServiceOptions): Promise<PipelineService> {
  const { url, repo: path, workflow, token, clock, timeoutMs } = options;
  const [owner = '', repo = ''] = path.split('/');
  // Imported at first use. The plugins that retry and throttle are left out on purpose: they repeat requests that trigger
  // something, and their waits cannot be given up when the run is cancelled.
  const core = await import('@octokit/core');
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const api: Octokit = new core.Octokit({
    auth: token,
    baseUrl: url,
    userAgent: 'nightjar',
    log: silent,
    request: {
      fetch: (
        at: string,
        { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
      ) => apiFetch(at, { method, headers, ...(body !== undefined && { body }), timeoutMs, now: clock.now() }),
    },
  });
  let ref = options.ref;
  const refOf = async (): Promise<string> =>
    (ref ??= (await api.request('GET /repos/{owner}/{repo}', { owner, repo })).data.default_branch);
  const place = { owner, repo, workflow_id: workflow };

  /** Undefined: GitHub has done it and does not say which run it is. */
  async function dispatch(inputs: Record<string, string>): Promise<RemotePipeline | undefined> {
    const answer = await api.request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
      ...place,
      ref: await refOf(),
      inputs,
      return_run_details: true,
    });
    const told = answer.data as { workflow_run_id?: number; html_url?: string } | undefined;
    if (told?.workflow_run_id === undefined || told.html_url === undefined) return undefined;
    return { id: String(told.workflow_run_id), url: told.html_url };
  }

  /** Who the token is; null where it is not a person's. */
  async function login(): Promise<string | null> {
    try {
      return (await api.request('GET /user')).data.login;
    } catch (thrown) {
      if (serviceErrorIn(thrown)?.status === 403) return null;
      throw thrown;
    }
  }

  async function jobsOf(run_id: number): Promise<GithubJob[]> {
    const jobs: GithubJob[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs';
      const { data } = await api.request(route, { owner, repo, run_id, per_page: PAGE, page });
      jobs.push(...data.jobs);
      if (data.jobs.length < PAGE) break;
    }
    return jobs;
  }

  return {
    name: 'GitHub',
    noun: 'run',

    async create({ mark, variables, about, note }: PipelineOrder) {
      const whole = { ...about, ...variables, [MARK]: mark };
      const inputs: Record<string, string> = Object.keys(whole).length > MOST_INPUTS ? { ...variables } : whole;
      try {
        return await dispatch(inputs);
      } catch (thrown) {
        // A workflow takes only what it declares, and GitHub says what that is not.
        const refused = unexpectedInputs(thrown);
        if (refused === undefined) throw thrown;
        const left = refused.filter((name) => name in variables);
        if (left.length > 0) note(`${workflow} declares no input ${left.join(', ')}, so it is not sent.`);
        return dispatch(Object.fromEntries(Object.entries(inputs).filter(([name]) => !refused.includes(name))));
      }
    },

    async find({ mark }, askedAt) {
      const since = new Date(askedAt - SKEW_MS).toISOString();
      const { data } = await api.request('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
        ...place,
        event: 'workflow_dispatch',
        branch: await refOf(),
        created: `>=${since}`,
        per_page: PAGE,
      });
      const found = (run: { id: number | bigint; html_url: string }) => ({ id: String(run.id), url: run.html_url });
      // The mark of task run 2 is the beginning of that of 23.
      const whole = new RegExp(`(?<![\\w-])${mark}(?![\\w-])`);
      const marked = data.workflow_runs.find(({ display_title }) => whole.test(display_title));
      if (marked !== undefined) return found(marked);
      if (data.workflow_runs.length === 0) return undefined;
      const own = await login();
      const possible = data.workflow_runs.filter((run) => own === null || run.triggering_actor?.login === own);
      const [only] = possible;
      if (only === undefined) return undefined;
      return possible.length === 1 ? found(only) : 'several';
    },

    async look(id) {
      const run_id = Number(id);
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
      const [{ data: run }, jobs] = await Promise.all([api.request(route, { owner, repo, run_id }), jobsOf(run_id)]);
      return {
        url: run.html_url,
        end: githubEnd(run, jobs),
        waitsFor: run.status === 'waiting' ? 'somebody to approve it' : null,
        jobs: jobs.map(githubJob),
        logs: new Map(jobs.filter(hasLog).map((job) => [String(job.id), 'whole'])),
      };
    },

    async readLog(jobId, from, signal) {
      const at = `${url}/repos/${owner}/${repo}/actions/jobs/${jobId}/logs`;
      const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      const headers = { authorization: `token ${token}`, ...range };
      try {
        // A redirect to a store, to which the token is not taken along.
        const response = await serviceFetch(at, { headers, signal, timeoutMs, now: clock.now() });
        return { from: response.status === 206 ? from : 0, bytes: response.body ?? nothing() };
      } catch (thrown) {
        const status = serviceErrorIn(thrown)?.status;
        if (status === 416) return { from, bytes: nothing() };
        // Not there yet, or not any more.
        if (status === 404 || status === 410) return undefined;
        throw thrown;
      }
    },

    async cancel(id) {
      try {
        const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel';
        await api.request(route, { owner, repo, run_id: Number(id) });
      } catch (thrown) {
        // It is over already.
        if (serviceErrorIn(thrown)?.status !== 409) throw thrown;
      }
    },

    cleanLine: cleanGithubLine,
    explain: (thrown) => explainGithub(thrown, options),
  };
}

/**
 * Without the mark of UTF-8 at the begin of a log (its bytes, one a character here) and the moment before each line; groups and
 * errors as GitHub's own viewer has them.
 */
export function cleanGithubLine(line: string): string | undefined {
  const text = line.replace(/^\u00ef\u00bb\u00bf/, '').replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z ?/, '');
  if (text.startsWith('##[endgroup]')) return undefined;
  return text
    .replace(/^##\[error\]/, 'Error: ')
    .replace(/^##\[warning\]/, 'Warning: ')
    .replace(/^##\[(group|command|section|debug)\]/, '');
}

function unexpectedInputs(thrown: unknown): string[] | undefined {
  const error = serviceErrorIn(thrown);
  const list = error?.status === 422 ? /Unexpected inputs provided: (\[.*?\])/.exec(error.answer)?.[1] : undefined;
  return list === undefined ? undefined : [...list.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
