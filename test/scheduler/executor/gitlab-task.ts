import { createGitlabExecutor } from '../../../electron/scheduler/executor/gitlab.ts';
import { TOKEN, type ServedPipeline, type serveGitlab } from '../../support/gitlab-server.ts';
import { fastClock, steadyClock } from '../../support/service-under-test.ts';
import { executionOf } from './execution.ts';

export type Gitlab = Awaited<ReturnType<typeof serveGitlab>>;

export const executor = createGitlabExecutor({ dataId: 'd1', clock: fastClock, hostEnvironment: async () => ({}) });
/** For what is cut off after a minute. */
export const steady = createGitlabExecutor({ dataId: 'd1', clock: steadyClock, hostEnvironment: async () => ({}) });
export const soon = { timeout: 10_000, interval: 5 };

/** A task that is a pipeline on this server. */
export function taskOn(
  gitlab: Gitlab,
  over: { ref?: string | null; project?: string } = {},
  rest: Parameters<typeof executionOf>[1] = {},
) {
  return executionOf(
    {
      executor: 'gitlab',
      gitlab: {
        project: over.project ?? 'group/app',
        ref: over.ref === undefined ? 'main' : over.ref,
        url: gitlab.url,
      },
    },
    {
      environment: { GITLAB_TOKEN: TOKEN },
      variables: { TEST_PIPELINE: 'true' },
      about: { NIGHTJAR_JOB: 'j' },
      ...rest,
    },
  );
}

/** A pipeline that is over before anybody looks. */
export const endsAtOnce =
  (status: string, ...jobs: ServedPipeline['jobs']) =>
  (pipeline: ServedPipeline) =>
    Object.assign(pipeline, { status, jobs });
