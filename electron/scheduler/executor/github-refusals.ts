import { messageOf } from '../failure.ts';
import { explainPassing, serviceErrorIn } from './pipeline/service-error.ts';

/** Which workflow of which repository. */
export interface GithubPlace {
  /** Of the API. */
  readonly url: string;
  /** `owner/name`. */
  readonly repo: string;
  readonly workflow: string;
  /** Null: the repository's default branch. */
  readonly ref: string | null;
}

/** What GitHub's refusal means for whoever wrote the job, and what to do about it. */
export function explainGithub(thrown: unknown, { url, repo, workflow, ref }: GithubPlace): string {
  const error = serviceErrorIn(thrown);
  if (error === undefined) return messageOf(thrown);
  const passing = explainPassing(error, 'GitHub', url);
  if (passing !== undefined) return passing;
  const { status, answer } = error;
  switch (status) {
    case 401:
      return `GitHub at ${url} does not accept GITHUB_TOKEN (${answer}): it is wrong, expired or revoked. Make a new one.`;
    case 403:
      if (error.retryAfterMs !== null) return `GitHub at ${url} takes no more requests for now: ${answer}.`;
      return (
        `GITHUB_TOKEN may not do this in ${repo} (${answer}): a fine-grained token needs "Actions: read and write" there, a classic one ` +
        'the scope `repo`.'
      );
    case 404:
      return (
        `GitHub at ${url} shows GITHUB_TOKEN no workflow ${workflow} in ${repo} (${answer}). Check \`repo\` and \`workflow\`, and that the ` +
        'token is for this repository.'
      );
    case 422:
      return `GitHub does not run ${workflow} of ${repo} on ${ref ?? 'its default branch'}: ${answer}.`;
    default:
      return `GitHub at ${url} refuses (${status}): ${answer}.`;
  }
}
