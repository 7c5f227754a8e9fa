import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { FileLock } from '../file-lock.ts';
import type { Git } from './git.ts';
import { gitFailure, type GitRequest } from './git-failure.ts';

/** What a remote said counts for runs that start so soon after: they start together, and one look is enough. */
const FRESH_MS = 5_000;
const LOCK_POLL_MS = 50;
/** Waiting for another run's fetch is worth a line after this. */
const LOCK_NOTE_MS = 2_000;

/** Failures that a new copy of the repository would not mend. */
const NOT_OF_THE_MIRROR = new Set([
  'git-missing',
  'git-host-key',
  'git-authentication',
  'git-unreachable',
  'git-no-repository',
  'git-protocol',
  'git-no-ref',
  'disk-full',
]);

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface MirrorPorts {
  readonly clock: Clock;
  readonly git: Git;
  readonly signal: AbortSignal;
  note(text: string): void;
}

/** What a commit is found by: its id where it is known already, else what `ref` means now. */
export interface Wanted extends GitRequest {
  readonly sha: string | null;
  /** Over which it may be fetched: `https:ssh`. */
  readonly protocols: string;
}

/** Where the mirror of a repository is; it was used last when it was changed last. Beside it is its lock, `.lock`. */
export function mirrorFolder(dataFolder: string, url: string): string {
  return join(dataFolder, 'repos', createHash('sha256').update(url).digest('hex').slice(0, 16));
}

/**
 * The copy of a remote repository that all its runs share: bare, in the data folder, fetched by one process at a time. The lock is
 * the operating system's, so a `nightjar run` beside a `serve` waits for its turn too, and a crash leaves it free.
 */
export class Mirror {
  readonly #repos: string;
  readonly #folder: string;
  readonly #request: Wanted;
  readonly #ports: MirrorPorts;

  constructor(dataFolder: string, wanted: Wanted, ports: MirrorPorts) {
    this.#repos = join(dataFolder, 'repos');
    this.#folder = mirrorFolder(dataFolder, wanted.url);
    this.#request = wanted;
    this.#ports = ports;
  }

  /**
   * Brings the commit here and puts a copy of the repository into `target`, without files yet. The copy shares the disk with the
   * mirror by hard links and needs it no more: git works in it wherever it is mounted.
   *
   * @returns the commit's id. Throws a Failure that says what to do, or what aborted
   */
  async copyTo(target: string): Promise<string> {
    const { git } = this.#ports;
    await mkdir(this.#repos, { recursive: true, mode: 0o700 });
    const lock = await this.#lock();
    try {
      const sha = await this.#withFreshStart(() => this.#bring());
      const now = this.#ports.clock.now() / 1_000;
      await utimes(this.#folder, now, now);
      await this.#asFailure(
        git(this.#repos, ['clone', '--quiet', '--local', '--no-checkout', '--template=', this.#folder, target], 'file'),
      );
      return sha;
    } finally {
      lock.release();
    }
  }

  async #lock(): Promise<FileLock> {
    const { signal, note } = this.#ports;
    const since = performance.now();
    let isNoted = false;
    for (;;) {
      signal.throwIfAborted();
      const lock = FileLock.tryTake(`${this.#folder}.lock`);
      if (lock !== undefined) return lock;
      if (!isNoted && performance.now() - since > LOCK_NOTE_MS) {
        isNoted = true;
        note(`another run fetches ${this.#request.url}; waiting for it`);
      }
      await delay(LOCK_POLL_MS);
    }
  }

  /** A crash or a full disk may have left the mirror unsound; what a remote has can be had again, once. */
  async #withFreshStart(bring: () => Promise<string>): Promise<string> {
    const { signal, note } = this.#ports;
    try {
      return await bring();
    } catch (error) {
      if (signal.aborted || (error instanceof Failure && NOT_OF_THE_MIRROR.has(error.code))) throw error;
      note(`the copy of ${this.#request.url} is made anew: ${error instanceof Error ? error.message : String(error)}`);
      await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
      return bring();
    }
  }

  async #bring(): Promise<string> {
    await this.#asFailure(
      this.#ports.git(this.#repos, [
        'init',
        '--quiet',
        '--bare',
        '--template=',
        '--initial-branch=nightjar',
        this.#folder,
      ]),
    );
    const { sha, ref } = this.#request;
    const exact = sha ?? (ref !== null && SHA.test(ref) ? ref : null);
    if (exact !== null) return this.#bringExact(exact);
    const known = await this.#seen();
    if (known !== undefined && (await this.#has(known))) return known;
    const askedAt = this.#ports.clock.now();
    const found = (await this.#bringNamed()) ?? (await this.#bringShort());
    await this.#remember(found, askedAt);
    return found;
  }

  /** Nothing is asked of the remote where the commit is here: it cannot have changed. */
  async #bringExact(sha: string): Promise<string> {
    if (await this.#has(sha)) return sha;
    const { url } = this.#request;
    this.#ports.note(`fetching ${sha.slice(0, 12)} of ${url}`);
    // Not every server gives out a commit that no branch ends at.
    const isGiven = await this.#git(['fetch', '--quiet', '--no-write-fetch-head', url, sha]).then(
      () => true,
      (error: unknown) => {
        const failure = gitFailure(error, this.#request);
        if (this.#ports.signal.aborted || failure.code === 'disk-full') throw failure;
        return false;
      },
    );
    if (!isGiven) await this.#fetchAll();
    if (await this.#has(sha)) return sha;
    throw this.#noSuchRef();
  }

  /** A branch or a tag, or the remote's default branch. Undefined where the remote has none of the name. */
  async #bringNamed(): Promise<string | undefined> {
    const { url, ref } = this.#request;
    const { note } = this.#ports;
    const candidates =
      ref === null ? ['HEAD'] : ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
    const asked = candidates.flatMap((name) => (name.startsWith('refs/tags/') ? [name, `${name}^{}`] : [name]));
    const answer = await this.#asFailure(this.#git(['ls-remote', '--symref', url, ...asked]));
    const { ids, head } = readRemote(answer);
    const name = candidates.find((candidate) => ids.has(candidate));
    if (name === undefined) {
      if (ref === null) throw new Failure('git-no-ref', `${url} has no commits yet, so there is nothing to run.`);
      return undefined;
    }
    const sha = ids.get(`${name}^{}`) ?? (ids.get(name) as string);
    const kept = name === 'HEAD' ? (head ?? 'refs/nightjar/HEAD') : name;
    if (await this.#has(sha)) {
      if (kept.startsWith('refs/heads/')) await this.#asFailure(this.#git(['update-ref', kept, sha]));
      return sha;
    }
    note(`fetching ${kept.replace(/^refs\/(heads|tags)\//, '')} of ${url}`);
    await this.#asFailure(this.#git(['fetch', '--quiet', '--no-write-fetch-head', url, `+${name}:${kept}`])).catch(
      async (error: unknown) => {
        // A branch `a` makes no room for a new `a/b` until it is known to be gone.
        if (!(error instanceof Failure) || error.code !== 'git-failed' || this.#ports.signal.aborted) throw error;
        await this.#fetchAll();
      },
    );
    // It may have moved since it was asked for; what came is what it is.
    return (await this.#asFailure(this.#git(['rev-parse', `${kept}^{commit}`]))).trim();
  }

  /** The beginning of a commit's id, for which only all that the remote has is enough. */
  async #bringShort(): Promise<string> {
    const ref = this.#request.ref as string;
    if (!/^[0-9a-f]{7,63}$/.test(ref)) throw this.#noSuchRef();
    await this.#fetchAll();
    const found = await this.#git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]).catch(() => '');
    if (found.trim() === '') throw this.#noSuchRef();
    return found.trim();
  }

  async #fetchAll(): Promise<void> {
    const { url } = this.#request;
    this.#ports.note(`fetching all branches and tags of ${url}`);
    await this.#asFailure(
      this.#git([
        'fetch',
        '--quiet',
        '--no-write-fetch-head',
        '--prune',
        url,
        '+refs/heads/*:refs/heads/*',
        '+refs/tags/*:refs/tags/*',
      ]),
    );
  }

  async #has(sha: string): Promise<boolean> {
    return this.#git(['cat-file', '-e', `${sha}^{commit}`]).then(
      () => true,
      () => {
        this.#ports.signal.throwIfAborted();
        return false;
      },
    );
  }

  #git(args: readonly string[]): Promise<string> {
    return this.#ports.git(this.#folder, args, this.#request.protocols);
  }

  async #asFailure<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#ports.signal.throwIfAborted();
      throw gitFailure(error, this.#request);
    }
  }

  #noSuchRef(): Failure {
    const { url, ref, sha } = this.#request;
    return new Failure(
      'git-no-ref',
      `${url} has no branch, tag or commit ${sha ?? ref}; \`git ls-remote ${url}\` lists the branches and tags there are.`,
    );
  }

  /** What the ref meant a moment ago, whichever process asked; undefined where that is too long ago. */
  async #seen(): Promise<string | undefined> {
    const text = await readFile(this.#seenFile, 'utf8').catch(() => '');
    const [ref, sha, at] = text.split('\n');
    // Of either sign: a clock that was set back must not make an old look a new one.
    const isFresh = ref === String(this.#request.ref) && Math.abs(this.#ports.clock.now() - Number(at)) <= FRESH_MS;
    return isFresh && sha !== undefined && SHA.test(sha) ? sha : undefined;
  }

  async #remember(sha: string, at: number): Promise<void> {
    await writeFile(this.#seenFile, `${String(this.#request.ref)}\n${sha}\n${at}\n`, { mode: 0o600 });
  }

  get #seenFile(): string {
    return join(this.#folder, 'nightjar-seen');
  }
}

/** The answer of `ls-remote --symref`: ids by name, and what HEAD stands for. */
function readRemote(answer: string): { ids: Map<string, string>; head: string | undefined } {
  const ids = new Map<string, string>();
  let head: string | undefined;
  for (const line of answer.split('\n')) {
    const [left = '', name = ''] = line.split('\t');
    if (left.startsWith('ref: ') && name === 'HEAD') head = left.slice(5);
    // A pattern also matches the end of a longer name; those are other names here.
    else if (SHA.test(left)) ids.set(name, left);
  }
  return { ids, head };
}
