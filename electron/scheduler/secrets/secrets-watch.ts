import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf } from '../failure.ts';
import { sentenceOfMissing, type SecretStore } from './secret-store.ts';
import type { StoredSecrets } from './secrets-file.ts';

/** A keyring that gave out a secret is not asked again before each run. */
const GOOD_FOR_MS = 60_000;
/** One that did not may be unlocked meanwhile; it may ask the user for a password each time, so not more often. */
const BAD_FOR_MS = 30_000;

interface Checked {
  readonly at: number;
  readonly problem: string | null;
}

/**
 * Whether runs can have their secrets, answered at once for a queue that is walked often: what is set is read from the file; what
 * the keyring would say is asked beside it, and the queue is told when that is known. Also notices what another program sets.
 */
export class SecretsWatch {
  readonly #store: SecretStore;
  readonly #changed: () => void;
  readonly #checked = new Map<string, Checked>();
  readonly #asking = new Set<string>();
  #watcher: FSWatcher | undefined;
  #isClosed = false;

  /** `changed` is told when a run that could not start may start now, and when there are other secrets than before. */
  constructor(store: SecretStore, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Those that are not set. A file that cannot be read is no reason to call all of them missing: `whyNot` says what it is. */
  missing(names: readonly string[]): string[] {
    if (names.length === 0) return [];
    this.watch();
    const stored = this.#stored();
    return 'problem' in stored ? [] : names.filter((name) => stored.secrets[name] === undefined);
  }

  /** Why a run with these secrets cannot start now, as a sentence; null where it can. */
  whyNot(names: readonly string[]): string | null {
    if (names.length === 0) return null;
    this.watch();
    const stored = this.#stored();
    if ('problem' in stored) return stored.problem;
    const missing = names.filter((name) => stored.secrets[name] === undefined);
    if (missing.length > 0) return sentenceOfMissing(missing);
    const inKeyring = names.filter((name) => stored.secrets[name]?.store === 'keyring');
    return inKeyring.length === 0 ? null : this.#whyNotKeyring(inKeyring);
  }

  /** The values of these names, for a run that starts; a Failure says which cannot be had, and the next run waits for them. */
  async read(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    try {
      return await this.#store.read(names);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /**
   * From now on tells of what other programs set; begun when somebody first asks for a secret. Where the system cannot watch, the
   * next look at the queue finds it.
   */
  watch(): void {
    if (this.#watcher !== undefined || this.#isClosed) return;
    const folder = dirname(this.#store.path);
    const name = basename(this.#store.path);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#watcher = watch(folder, { persistent: false }, (_event, file) => {
        if (file === name) this.forget();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No watcher to be had: `whyNot` looks at the file itself, at every tick.
    }
  }

  /** There are other secrets than before. */
  forget(): void {
    this.#checked.clear();
    if (!this.#isClosed) this.#changed();
  }

  close(): void {
    this.#isClosed = true;
    this.#watcher?.close();
  }

  #stored(): { readonly secrets: StoredSecrets } | { readonly problem: string } {
    try {
      return { secrets: this.#store.stored() };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  #whyNotKeyring(names: readonly string[]): string | null {
    const key = names.join(' ');
    const checked = this.#checked.get(key);
    const age = checked === undefined ? Infinity : performance.now() - checked.at;
    if (age > (checked?.problem === null ? GOOD_FOR_MS : BAD_FOR_MS)) void this.#check(key, names);
    else return checked?.problem ?? null;
    return checked?.problem ?? `The keyring is being asked for ${names.join(', ')}.`;
  }

  /** The values are not kept: a run reads its own when it starts. */
  async #check(key: string, names: readonly string[]): Promise<void> {
    if (this.#asking.has(key)) return;
    this.#asking.add(key);
    const before = this.#checked.get(key);
    let problem: string | null = null;
    try {
      await this.#store.read(names);
    } catch (error) {
      problem = messageOf(error);
    } finally {
      this.#asking.delete(key);
    }
    this.#checked.set(key, { at: performance.now(), problem });
    if (!this.#isClosed && (problem === null || problem !== before?.problem)) this.#changed();
  }
}
