import { basename } from 'node:path';
import type { SimpleGit, SimpleGitProgressEvent } from 'simple-git';

/**
 * Runs git in a folder; resolves with what it printed, rejects with simple-git's error, whose message is what git said. It speaks
 * with nobody, unless over `protocols`: `https:ssh`.
 */
export type Git = (folder: string, args: readonly string[], protocols?: string) => Promise<string>;

export interface GitOptions {
  /** The user's own, in which git finds its helpers, its agent and its configuration. */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends what runs. */
  readonly signal: AbortSignal;
  /** Told, where git can tell: `receiving 40%`. */
  readonly onProgress?: (words: string) => void;
}

/** Variables of git that stay: how a company's network is passed, and where the user's configuration is. */
const KEPT =
  /^GIT_(SSL_\w+|SSH|SSH_VARIANT|HTTP_\w+|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH|LFS_\w+)$/i;
/** What would open an editor, a pager or a window to ask for a password. */
const PROMPTS = /^(EDITOR|VISUAL|PAGER|PREFIX|SSH_ASKPASS|SSH_ASKPASS_REQUIRE)$/i;

/** A server that goes silent is given up: under 1 KB in 60 s, or no answer to four of ssh's questions. */
const PATIENCE = ['http.lowSpeedLimit=1000', 'http.lowSpeedTime=60'];
const SSH_OPTIONS = '-o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4';

/**
 * git as the user has it, and never with a question: a prompt in a background program is a run that hangs for ever. Credentials
 * come from the user's own helpers and ssh-agent. Imports simple-git at the first use.
 */
export async function openGit(options: GitOptions): Promise<Git> {
  const { simpleGit } = await import('simple-git');
  const environment = await quiet(options, (folder, args) => make(folder, baseEnvironment(options)).raw([...args]));
  return (folder, args, protocols = '') =>
    make(folder, { ...environment, GIT_ALLOW_PROTOCOL: protocols }).raw([...args]);

  function make(folder: string, env: Record<string, string>): SimpleGit {
    return simpleGit({
      baseDir: folder,
      abort: options.signal,
      config: [...PATIENCE, 'gc.autoDetach=false', 'maintenance.autoDetach=false', 'advice.detachedHead=false'],
      allowEnvironment: Object.keys(env),
      ...(options.onProgress && {
        progress: ({ stage, progress }: SimpleGitProgressEvent) => options.onProgress!(`${stage} ${progress}%`),
      }),
      unsafe: {
        // Nothing of a job file gets into these: they are the user's own, or set below to what asks nothing.
        allowUnsafeAskPass: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeConfigEnvCount: true,
        allowUnsafeExec: true,
        allowUnsafeSshCommand: true,
        // An empty one: a user's template may bring hooks along.
        allowUnsafeTemplateDir: true,
      },
    }).env(env);
  }
}

function baseEnvironment({ environment }: GitOptions): Record<string, string> {
  const own = Object.entries(environment).filter(
    ([name, value]) =>
      value !== undefined &&
      !PROMPTS.test(name) &&
      (!/^GIT_/i.test(name) || KEPT.test(name) || name === 'GIT_SSH_COMMAND'),
  );
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    // Messages are read below; they must not be in the user's language.
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Empty: nothing that asks in a window either.
    GIT_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** The same, with an ssh that asks nothing: the user's own choice of command stays, where it is an ssh. */
async function quiet(options: GitOptions, git: Git): Promise<Record<string, string>> {
  const base = baseEnvironment(options);
  if (base['GIT_SSH'] !== undefined && base['GIT_SSH_COMMAND'] === undefined) return base;
  const configured = await git(process.cwd(), ['config', '--get', 'core.sshCommand']).catch(() => '');
  const command = base['GIT_SSH_COMMAND'] ?? (configured.trim() || 'ssh');
  const program = basename((/^"([^"]+)"|^'([^']+)'|^(\S+)/.exec(command) ?? []).slice(1).find(Boolean) ?? '');
  const isSsh = /^ssh(\.exe)?$/i.test(program);
  return { ...base, GIT_SSH_COMMAND: isSsh ? `${command} ${SSH_OPTIONS}` : command };
}
