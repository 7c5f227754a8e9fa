import { fastClock, serve, type Answer, type Asked } from './service-under-test.ts';

/** A job as GitLab's API shows it, and its log. */
export interface ServedJob {
  id: number;
  name: string;
  stage: string;
  status: string;
  allow_failure: boolean;
  failure_reason: string | null;
  trace: string;
  downstream?: { id: number; web_url: string };
}

export interface ServedPipeline {
  id: number;
  status: string;
  ref: string;
  variables: { key: string; value: string }[];
  jobs: ServedJob[];
  updatedAt: number;
}

export const TOKEN = 'glpat-0123456789';
const MESSAGES: Record<number, string> = {
  401: '401 Unauthorized',
  404: '404 Project Not Found',
  403: '403 Forbidden',
};

/**
 * GitLab, as its documentation of pipelines, jobs and pagination has it, for one project `group/app`, also known as 42. What a runner
 * would do is up to the test: it changes `pipelines`.
 */
export async function serveGitlab(
  options: { cancels?: 'at once' | 'never'; pageSize?: number; hasRanges?: boolean } = {},
) {
  const pipelines: ServedPipeline[] = [];
  let lastId = 100;
  const state = { hidesVariables: false, onCreate: (_pipeline: ServedPipeline): void => {} };
  const refuse = (status: number, message: unknown = MESSAGES[status]): Answer => ({ status, json: { message } });

  const service = await serve((asked): Answer => {
    if (asked.headers['private-token'] !== TOKEN) return refuse(401);
    const [, project, rest] = /^\/api\/v4\/projects\/([^/]+)(?:\/(.*))?$/.exec(asked.path) ?? [];
    if (project === undefined || !['group/app', '42'].includes(decodeURIComponent(project))) return refuse(404);
    if (rest === undefined) return { json: { id: 42, default_branch: 'main' } };
    if (rest === 'pipeline') return create(asked);
    if (rest === 'pipelines') return paged(asked, [...pipelines].reverse().filter(matches(asked)).map(shown));
    const [, id, what] = /^pipelines\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
    if (id !== undefined) return ofPipeline(asked, Number(id), what);
    const job = jobOf(Number(/^jobs\/(\d+)\/trace$/.exec(rest)?.[1]));
    return job === undefined ? refuse(404, '404 Not found') : trace(asked, job);
  });

  function create({ body }: Asked): Answer {
    if (body['ref'] === 'gone') return refuse(400, { base: ['Reference not found'] });
    if (body['ref'] === 'empty')
      return refuse(400, {
        base: [
          'Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline.',
        ],
      });
    if (body['ref'] === 'protected') return refuse(403, '403 Forbidden - insufficient permissions');
    const pipeline: ServedPipeline = {
      id: ++lastId,
      status: 'created',
      ref: String(body['ref']),
      variables: (body['variables'] ?? []) as ServedPipeline['variables'],
      jobs: [],
      updatedAt: fastClock.now(),
    };
    pipelines.push(pipeline);
    state.onCreate(pipeline);
    return { status: 201, json: shown(pipeline) };
  }

  function ofPipeline(asked: Asked, id: number, what: string | undefined): Answer {
    const pipeline = pipelines.find((one) => one.id === id);
    if (pipeline === undefined) return refuse(404, '404 Not found');
    switch (what) {
      case undefined:
        return { json: shown(pipeline) };
      case 'variables':
        return state.hidesVariables ? refuse(403) : { json: pipeline.variables };
      case 'jobs': {
        const withRetried = asked.query.get('include_retried') === 'true';
        const own = pipeline.jobs.filter((job) => job.downstream === undefined);
        const seen = own.filter(
          (job) => withRetried || !own.some(({ name, id: other }) => name === job.name && other > job.id),
        );
        return paged(asked, seen.reverse().map(shownJob));
      }
      case 'bridges':
        return paged(asked, pipeline.jobs.filter((job) => job.downstream !== undefined).map(shownJob));
      case 'cancel':
        if (options.cancels !== 'never') {
          pipeline.status = 'canceled';
          for (const job of pipeline.jobs)
            if (['created', 'pending', 'running'].includes(job.status)) job.status = 'canceled';
        } else pipeline.status = 'canceling';
        return { json: shown(pipeline) };
      default:
        return refuse(404);
    }
  }

  function trace({ headers }: Asked, job: ServedJob): Answer {
    const bytes = Buffer.from(job.trace);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    if (options.hasRanges !== true || from === 0) return { text: bytes };
    if (from >= bytes.length) return { status: 416, text: '' };
    return {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
      text: bytes.subarray(from),
    };
  }

  function paged({ path, query }: Asked, all: unknown[]): Answer {
    const size = Math.min(options.pageSize ?? 100, Number(query.get('per_page') ?? 20));
    const page = Number(query.get('page') ?? 1);
    const next = page * size < all.length ? String(page + 1) : '';
    const to = new URLSearchParams(query);
    to.set('page', next);
    const link: Record<string, string> = next === '' ? {} : { link: `<${service.url}${path}?${to}>; rel="next"` };
    return {
      headers: { ...link, 'x-next-page': next, 'x-total': String(all.length) },
      json: all.slice((page - 1) * size, page * size),
    };
  }

  function jobOf(id: number): ServedJob | undefined {
    return pipelines.flatMap(({ jobs }) => jobs).find((job) => job.id === id);
  }

  const urlOf = (id: number): string => `https://gitlab.example/group/app/-/pipelines/${id}`;
  const shown = ({ id, status, ref }: ServedPipeline) => ({ id, status, ref, source: 'api', web_url: urlOf(id) });
  const shownJob = (job: ServedJob) => ({
    ...job,
    trace: undefined,
    web_url: `https://gitlab.example/group/app/-/jobs/${job.id}`,
    started_at: ['created', 'pending', 'manual', 'skipped'].includes(job.status) ? null : '2026-03-01T08:00:00.000Z',
    finished_at: ['success', 'failed'].includes(job.status) ? '2026-03-01T08:00:07.000Z' : null,
    downstream_pipeline: job.downstream ?? null,
  });

  return { ...service, pipelines, state, urlOf };
}

function matches({ query }: Asked): (pipeline: ServedPipeline) => boolean {
  const since = Date.parse(query.get('updated_after') ?? '1970-01-01');
  return ({ ref, updatedAt }) => ref === query.get('ref') && updatedAt >= since;
}

let jobIds = 1_000;
export function servedJob(name: string, status: string, over: Partial<ServedJob> = {}): ServedJob {
  return { id: ++jobIds, name, stage: 'test', status, allow_failure: false, failure_reason: null, trace: '', ...over };
}
