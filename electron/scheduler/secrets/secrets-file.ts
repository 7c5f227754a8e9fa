import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, messageOf } from '../failure.ts';
import { FileLock } from '../file-lock.ts';

/** One secret as the file knows it. `value` is there only where the file itself holds it. */
export interface StoredSecret {
  readonly store: 'keyring' | 'file';
  /** Epoch milliseconds of the last set. */
  readonly setAt: number;
  readonly value?: string;
}

export type StoredSecrets = Readonly<Record<string, StoredSecret>>;

/** Two processes that set a secret at the same moment wait so long for each other. */
const LOCK_LIMIT_MS = 5_000;
const LOCK_POLL_MS = 20;

/**
 * The file of the account's secrets: every name with the store that holds it, so that whoever cannot reach the keyring still knows
 * what is in it, and the values that no keyring holds. Read by its owner only (0600); replaced in one step, on disk before it
 * counts.
 */
export class SecretsFile {
  readonly path: string;
  #known: { readonly identity: string; readonly secrets: StoredSecrets } | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** What is stored now; empty without a file. Fails with `secrets-file` where it cannot be read. */
  read(): StoredSecrets {
    try {
      const found = statSync(this.path, { bigint: true, throwIfNoEntry: false });
      if (found === undefined) return {};
      const identity = `${found.ino} ${found.mtimeNs} ${found.size}`;
      if (this.#known?.identity !== identity) {
        this.#known = { identity, secrets: parse(readFileSync(this.path, 'utf8')) };
      }
      return this.#known.secrets;
    } catch (error) {
      throw new Failure(
        'secrets-file',
        `The secrets in ${this.path} cannot be read: ${messageOf(error)}. Mend the file, or delete it and set the secrets again.`,
        { cause: error },
      );
    }
  }

  /** Whether others than its owner may read it; never on Windows, where the account's folder decides that. */
  isOpenToOthers(): boolean {
    const mode = statSync(this.path, { throwIfNoEntry: false })?.mode ?? 0;
    return process.platform !== 'win32' && (mode & 0o077) !== 0;
  }

  /** Changes what is stored, one process at a time. Fails with `secrets-file`; the file is as it was then. */
  async change(edit: (secrets: Record<string, StoredSecret>) => void): Promise<void> {
    const folder = dirname(this.path);
    let lock: FileLock | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      lock = await takeLock(`${this.path}.lock`);
      const secrets = { ...this.read() };
      edit(secrets);
      this.#write(JSON.stringify({ version: 1, secrets }, null, 2));
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(
        'secrets-file',
        `${this.path} cannot be written: ${messageOf(error)}. Make room, or mend its folder.`,
        {
          cause: error,
        },
      );
    } finally {
      lock?.release();
    }
  }

  #write(text: string): void {
    // One name, because the lock is held: what a kill left there, with values in it, goes now.
    const temporary = `${this.path}.new`;
    try {
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', 0o600);
      try {
        // All of it or an error: a single write may end where the disk does.
        writeFileSync(file, `${text}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      // The umask may have taken from the owner too.
      chmodSync(temporary, 0o600);
      renameSync(temporary, this.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

async function takeLock(path: string): Promise<FileLock> {
  for (const end = performance.now() + LOCK_LIMIT_MS; ; await delay(LOCK_POLL_MS)) {
    const lock = FileLock.tryTake(path);
    if (lock !== undefined) return lock;
    if (performance.now() > end)
      throw new Failure('secrets-file', `${path} is held by another program for too long; try again.`);
  }
}

/** JSON.parse quotes the text in what it throws, and the text has secrets in it: its words stay here. */
function parse(text: string): StoredSecrets {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
  const { version, secrets } = (value ?? {}) as { version?: unknown; secrets?: unknown };
  if (version !== 1 || typeof secrets !== 'object' || secrets === null) {
    throw new Error('it is not what this version of Nightjar writes');
  }
  for (const [name, secret] of Object.entries(secrets)) {
    if (!isStored(secret)) throw new Error(`what it says of ${name} makes no sense`);
  }
  return secrets as StoredSecrets;
}

function isStored(secret: unknown): secret is StoredSecret {
  if (typeof secret !== 'object' || secret === null) return false;
  const { store, value } = secret as { store?: unknown; value?: unknown };
  return store === 'keyring' || (store === 'file' && typeof value === 'string');
}
