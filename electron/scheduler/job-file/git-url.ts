/** What git is ever asked to fetch from. `file` is this machine's own disk. */
const SCHEMES = ['https', 'http', 'ssh', 'git', 'file'] as const;

/** Whether a `repo` is fetched rather than used where it is: a URL, or git's short form `user@host:path`. */
export function isGitUrl(repo: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(repo) || /^[\w.-]+@[\w.-]+:/.test(repo);
}

/**
 * The end of a sentence that begins with `repo`: why git is never given this text; null where it may be. Git takes what begins
 * with `-` for an option and `helper::address` (`ext::`, `fd::`) for a program to run; ssh does the former with a host's name.
 */
export function whyRefused(repo: string): string | null {
  if (repo.startsWith('-') || /^[a-z0-9+.-]+::/i.test(repo)) {
    return 'must be a folder or a git URL; git would take this for something to execute';
  }
  if (!isGitUrl(repo)) return null;
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(repo) ?? [];
  if (scheme === undefined) return null;
  if (!(SCHEMES as readonly string[]).includes(scheme.toLowerCase())) {
    return `must be a URL with ${SCHEMES.slice(0, -1).join(', ')} or ${SCHEMES.at(-1)}; \`${scheme}\` is none that git is asked to fetch from`;
  }
  const authority = rest.split(/[/?#]/, 1)[0] as string;
  const at = authority.lastIndexOf('@');
  if (authority.startsWith('-') || authority[at + 1] === '-') {
    return 'must be a git URL with the name of a host; git would take this for something to execute';
  }
  if (authority.slice(0, Math.max(at, 0)).includes(':')) {
    return 'must not hold a password: it would be stored and shown with each run. Leave it out; git asks your own credential helper';
  }
  return null;
}

/** The page of a commit in a browser, where the host is known to have one at this address; null elsewhere. */
export function commitPage(repo: string, sha: string): string | null {
  const [, host, path] =
    /^(?:(?:https?|ssh|git):\/\/)?(?:[^@/]+@)?([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?\/?$/i.exec(repo) ?? [];
  if (host === undefined || path === undefined) return null;
  const places: Readonly<Record<string, string>> = {
    'github.com': 'commit',
    'gitlab.com': '-/commit',
    'bitbucket.org': 'commits',
    'codeberg.org': 'commit',
  };
  const place = places[host.toLowerCase()];
  return place === undefined ? null : `https://${host.toLowerCase()}/${path}/${place}/${sha}`;
}
