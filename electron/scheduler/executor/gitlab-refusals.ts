import { messageOf } from '../failure.ts';
import { explainPassing, serviceErrorIn } from './pipeline/service-error.ts';

/** Which project of which GitLab. */
export interface GitlabPlace {
  /** Without a slash at the end and without `/api/v4`. */
  readonly url: string;
  /** Path or number. */
  readonly project: string;
  /** Null: the project's default branch. */
  readonly ref: string | null;
}

/** What GitLab's refusal means for whoever wrote the job, and what to do about it. */
export function explainGitlab(thrown: unknown, { url, project, ref }: GitlabPlace): string {
  const error = serviceErrorIn(thrown);
  if (error === undefined) return messageOf(thrown);
  const passing = explainPassing(error, 'GitLab', url);
  if (passing !== undefined) return passing;
  const { status, answer } = error;
  const on = ref === null ? 'its default branch' : ref;
  switch (status) {
    case 401:
      return (
        `GitLab at ${url} does not accept GITLAB_TOKEN (${answer}): it is wrong, expired or revoked. Make a personal, group or ` +
        'project access token with the scope `api`.'
      );
    case 403:
      return (
        `GITLAB_TOKEN may not do this in ${project} (${answer}): it needs the scope \`api\`, and its owner the right to run pipelines ` +
        `on ${on}, which a protected branch may keep from Developers.`
      );
    case 404:
      return (
        `GitLab at ${url} shows GITLAB_TOKEN no project ${project} (${answer}). Check \`project\` and \`url\`, and that its owner is a ` +
        'member.'
      );
    case 400:
      return `GitLab makes no pipeline for ${on} of ${project}: ${answer}. Check \`ref\`, and the \`rules\` in its .gitlab-ci.yml.`;
    default:
      return `GitLab at ${url} refuses (${status}): ${answer}.`;
  }
}
