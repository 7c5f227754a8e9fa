import { isDiskFull } from '../disk-reserve.ts';
import { Failure, messageOf } from '../failure.ts';

/** What is asked of git when it fails. */
export interface GitRequest {
  readonly url: string;
  readonly ref: string | null;
}

type Words = (request: GitRequest) => string;

/** By what git, ssh and curl say in English (`LC_ALL=C`); the first that fits. */
const KNOWN: readonly (readonly [code: string, said: RegExp, words: Words])[] = [
  [
    'git-missing',
    /spawn git ENOENT|spawn git EACCES/,
    () =>
      'git does not run here; install it, or put it into the PATH that Nightjar sees. A `repo` that is a URL needs it.',
  ],
  [
    'git-host-key',
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    ({ url }) =>
      `ssh does not know the host of ${url}, or not by this key: run \`git ls-remote ${url}\` once in a terminal and look at what it asks.`,
  ],
  [
    'git-unreachable',
    /Could not resolve host|Could not resolve hostname|Connection (refused|timed out|reset|closed)|Network is unreachable|No route to host|Operation timed out|Operation too slow|unable to connect|Couldn't connect|Failed to connect|early EOF|hung up unexpectedly|SSL|HTTP 5\d\d|error: 5\d\d/i,
    ({ url }) => `${url} cannot be reached; look at the network, or at the address.`,
  ],
  [
    'git-no-repository',
    /repository .*not found|does not appear to be a git repository|does not exist|HTTP 404|error: 404/i,
    ({ url }) => `There is no git repository at ${url}, or not for you; look at \`repo\`.`,
  ],
  [
    'git-authentication',
    /Authentication failed|could not read (Username|Password)|Permission denied \(|terminal prompts disabled|HTTP 40[13]|error: 40[13]|Access denied/i,
    ({ url }) =>
      `${url} wants to know who you are, or does not let you in: git asks your credential helper and your ssh-agent, and never you. ` +
      `Make \`git ls-remote ${url}\` work in a terminal without a question.`,
  ],
  [
    'git-protocol',
    /transport '.*' not allowed/,
    ({ url }) => `git may not fetch from ${url} in this way; use https or ssh.`,
  ],
];

/** What git said, as a sentence that says what to do; its own words follow, so that nothing is hidden by a wrong guess. */
export function gitFailure(thrown: unknown, request: GitRequest): Failure {
  if (thrown instanceof Failure) return thrown;
  const said = messageOf(thrown);
  if (/No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/.test(said) || isDiskFull(thrown)) {
    return new Failure('disk-full', `There is no room for ${request.url} on the disk of the data folder.`, {
      cause: thrown,
    });
  }
  const [code, , words] = KNOWN.find(([, pattern]) => pattern.test(said)) ?? [];
  const own = ownWords(said);
  if (code === undefined || words === undefined) {
    return new Failure('git-failed', `git could not fetch ${request.url}: ${own}`, { cause: thrown });
  }
  return new Failure(code, `${words(request)} git said: ${own}`, { cause: thrown });
}

/** The lines that say why, without those that say what was tried. */
function ownWords(said: string): string {
  const lines = said
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /^(fatal|error|ssh|remote|git@)\b/i.test(line));
  return (telling.length === 0 ? lines : telling).slice(0, 3).join(' ').slice(0, 400) || 'nothing';
}
