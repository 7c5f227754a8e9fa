import type { Gitlab } from '@gitbeaker/rest';
import type { Clock } from '../clock.ts';
import { gitlabEnd, gitlabJob, gitlabStages, waitsForPerson } from './gitlab-states.ts';
import { explainGitlab, type GitlabPlace } from './gitlab-refusals.ts';
import { apiFetch, serviceFetch } from './pipeline/service-fetch.ts';
import { ServiceError, serviceErrorIn } from './pipeline/service-error.ts';
import type { PipelineOrder, PipelineService } from './pipeline/service.ts';

export interface GitlabServiceOptions extends GitlabPlace {
  readonly token: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Carries the mark of the task attempt, so that a pipeline is found whose number nobody heard. */
const MARK = 'NIGHTJAR_TASK_RUN';
/** Pipelines of this project and ref that are looked through for the mark, the newest first. */
const LOOKED_THROUGH = 20;
/** Between the clocks of two machines. */
const SKEW_MS = 10 * 60_000;

const TIMESTAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f]{2}[OE][+ ]/;
/* eslint-disable no-control-regex */
const SECTION = /(\x1b\[0K)*section_(start|end):\d+:[^\r\n]*?(\r|$)(\x1b\[0K)*/g;
const INVISIBLE = /\x1b\[[\d;]*[A-Za-z]|\r/g;
const ERASE = /^\x1b\[0K/;
/* eslint-enable no-control-regex */

type Client = InstanceType<typeof Gitlab<false>>;

/** Pipelines of one project, through GitLab's REST API. */
export async function connectGitlab(options: GitlabServiceOptions): Promise<PipelineService> {
  const { url, project, token, clock, timeoutMs } = options;
  const headers = { 'private-token': token };
  // Imported at first use: it costs 21 MB.
  const { Gitlab } = await import('@gitbeaker/rest');
  // The library's own requests are repeated on 429 and 502 at once, ten times and whatever they do; ours are asked once, and
  // who follows a pipeline knows when to ask again.
  const requester = (base: string) => {
    const ask = (method: string) => async (endpoint: string, given?: object) => {
      const { searchParams, body } = (given ?? {}) as { searchParams?: Record<string, unknown>; body?: object };
      const at = new URL(endpoint, `${base.replace(/\/$/, '')}/`);
      for (const [key, value] of Object.entries(searchParams ?? {})) {
        if (value !== undefined) at.searchParams.set(snakeCase(key), String(value));
      }
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const asked = { ...headers, 'content-type': 'application/json' };
      const response = await apiFetch(at, { method, headers: asked, ...json, timeoutMs, now: clock.now() });
      return {
        body: response.status === 204 ? {} : await response.json(),
        headers: Object.fromEntries(response.headers),
        status: response.status,
      };
    };
    return { get: ask('GET'), post: ask('POST'), put: ask('PUT'), patch: ask('PATCH'), delete: ask('DELETE') };
  };
  const api: Client = new Gitlab({
    host: url,
    token,
    queryTimeout: null,
    requesterFn: (service) => requester(service.url) as never,
  });
  let ref = options.ref;
  const refOf = async (): Promise<string> => {
    if (ref !== null) return ref;
    const { default_branch } = await api.Projects.show(project);
    if (typeof default_branch !== 'string') {
      throw new ServiceError({ status: 404, answer: 'the project has no default branch; name one as `ref`' });
    }
    return (ref = default_branch);
  };

  return {
    name: 'GitLab',
    noun: 'pipeline',

    async create({ mark, variables, about }: PipelineOrder) {
      const sent = Object.entries({ ...about, ...variables, [MARK]: mark });
      const { id, web_url } = await api.Pipelines.create(project, await refOf(), {
        variables: sent.map(([key, value]) => ({ key, value })),
      });
      return { id: String(id), url: web_url };
    },

    async find({ mark }, askedAt) {
      const since = new Date(askedAt - SKEW_MS).toISOString();
      const query = { ref: await refOf(), updatedAfter: since, orderBy: 'id', sort: 'desc' } as const;
      const recent = await api.Pipelines.all(project, { ...query, page: 1, perPage: LOOKED_THROUGH });
      let isHidden = false;
      for (const { id, web_url } of recent) {
        try {
          const variables = await api.Pipelines.allVariables(project, id);
          if (variables.some(({ key, value }) => key === MARK && value === mark))
            return { id: String(id), url: web_url };
        } catch (thrown) {
          // Whoever may trigger a pipeline may not always see what others gave to theirs.
          if (serviceErrorIn(thrown)?.status !== 403) throw thrown;
          isHidden = true;
        }
      }
      return isHidden ? 'several' : undefined;
    },

    async look(id) {
      const number = Number(id);
      const [pipeline, jobs, bridges] = await Promise.all([
        api.Pipelines.show(project, number),
        api.Jobs.all(project, { pipelineId: number, includeRetried: true, perPage: 100 }),
        api.Jobs.allPipelineBridges(project, number),
      ]);
      // Newest first, and stages in the order in which their jobs were made.
      const all = [...jobs, ...bridges].sort((a, b) => a.id - b.id);
      const end = gitlabEnd(pipeline.status, all);
      return {
        url: pipeline.web_url,
        end,
        waitsFor: end === null ? waitsForPerson(pipeline.status, all) : null,
        jobs: gitlabStages(all).map((job) => gitlabJob(job, all)),
        logs: new Map(
          jobs
            .filter((job) => job.started_at !== null && job.started_at !== undefined)
            .map((job) => [String(job.id), isEnded(job.status) ? 'whole' : 'growing']),
        ),
      };
    },

    async readLog(jobId, from, signal) {
      const at = `${url}/api/v4/projects/${encodeURIComponent(project)}/jobs/${jobId}/trace`;
      // Not in GitLab's documentation, and obeyed where an object store answers: what is new, or all of it.
      const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      try {
        const request = { headers: { ...headers, ...range }, signal, timeoutMs, now: clock.now() };
        const response = await serviceFetch(at, request);
        return { from: response.status === 206 ? from : 0, bytes: response.body ?? empty() };
      } catch (thrown) {
        const status = serviceErrorIn(thrown)?.status;
        // Nothing new; or erased, or not begun.
        if (status === 416) return { from, bytes: empty() };
        if (status === 404) return undefined;
        throw thrown;
      }
    },

    async cancel(id) {
      await api.Pipelines.cancel(project, Number(id));
    },

    cleanLine: cleanGitlabLine,
    explain: (thrown) => explainGitlab(thrown, options),
  };
}

/**
 * Without what GitLab's own viewer takes out too: the markers of sections, and the time and stream that `FF_TIMESTAMPS` puts before
 * each line. Colours stay.
 */
export function cleanGitlabLine(line: string): string | undefined {
  const plain = line.replace(TIMESTAMP, '');
  const text = plain.replace(SECTION, '');
  return text !== plain && text.replace(INVISIBLE, '') === '' ? undefined : text.replace(ERASE, '');
}

function isEnded(status: string): boolean {
  return ['success', 'failed', 'canceled', 'skipped'].includes(status);
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

async function* empty(): AsyncGenerator<Uint8Array> {}
