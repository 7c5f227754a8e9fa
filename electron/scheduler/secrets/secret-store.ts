import { Failure, messageOf } from '../failure.ts';
import { checkSecret } from './check-secret.ts';
import { SystemKeyring, type Keyring } from './keyring.ts';
import type { KeyringRequest } from './keyring-worker.ts';
import { SecretsFile, type StoredSecret, type StoredSecrets } from './secrets-file.ts';
import type { SecretsPlace } from './secrets-place.ts';

/** Where secrets that are set now go, and why not to the keyring. */
export type SecretsHome =
  { readonly store: 'keyring' } | { readonly store: 'file'; readonly file: string; readonly why: string };

/** Whether there is a keyring is asked with this name, under which nothing is ever stored. */
const PROBE = 'nightjar-probe';
/** It asks nobody for a password; a message bus that is there answers in milliseconds, and starts a keyring in a second. */
const PROBE_LIMIT_MS = 3_000;
/** A person may be asked for the keyring's password meanwhile, and must have time to type it. */
const LIMIT_MS = 60_000;

/**
 * The account's secrets: in the system's keyring, or in a file where there is none. Which of the two holds a secret is written
 * down in the file for each name, so that a process without the keyring (under ssh, in a service) and the desktop see the same
 * names, and a secret that one of them stored is found by the other.
 */
export class SecretStore {
  readonly #file: SecretsFile;
  readonly #keyring: Keyring | null;

  constructor(place: SecretsPlace, keyring: Keyring = new SystemKeyring()) {
    this.#file = new SecretsFile(place.file);
    this.#keyring = place.mayUseKeyring ? keyring : null;
  }

  get path(): string {
    return this.#file.path;
  }

  /** All that are set, by name. Fails with `secrets-file` where that cannot be known. */
  stored(): StoredSecrets {
    return this.#file.read();
  }

  isOpenToOthers(): boolean {
    return this.#file.isOpenToOthers();
  }

  /** Where a secret would be stored now: the keyring, if it answers. */
  async home(): Promise<SecretsHome> {
    const file = this.#file.path;
    if (this.#keyring === null) return { store: 'file', file, why: 'NIGHTJAR_SECRETS names it' };
    try {
      await this.#keyring.ask([{ do: 'get', name: PROBE }], PROBE_LIMIT_MS);
      return { store: 'keyring' };
    } catch (error) {
      return { store: 'file', file, why: `the keyring is out of reach: ${saidBy(error)}` };
    }
  }

  /**
   * The values of these names. Fails with `secret-not-set`, which names all that are missing, `keyring` where it does not give
   * them out, or `secrets-file`.
   */
  async read(names: readonly string[]): Promise<Record<string, string>> {
    const stored = this.stored();
    const missing = names.filter((name) => stored[name] === undefined);
    if (missing.length > 0) throw new Failure('secret-not-set', sentenceOfMissing(missing));
    const inKeyring = names.filter((name) => stored[name]?.store === 'keyring');
    const values = inKeyring.length === 0 ? [] : await this.#fromKeyring(inKeyring);
    return Object.fromEntries(
      names.map((name) => [name, stored[name]?.value ?? (values[inKeyring.indexOf(name)] as string)]),
    );
  }

  /**
   * Stores a secret, in the place of the one that had this name: in the keyring, or in the file where there is no keyring or the
   * user wants it there. Fails with `bad-secret`, `keyring` or `secrets-file`; the old one is still there then.
   */
  async set(name: string, value: string, where: 'best' | 'file', now: number): Promise<StoredSecret['store']> {
    checkSecret(name, value);
    const home = where === 'file' ? 'file' : (await this.home()).store;
    if (home === 'file') {
      await this.#file.change((secrets) => (secrets[name] = { store: 'file', value, setAt: now }));
      return 'file';
    }
    try {
      await this.#ask([{ do: 'set', name, value }]);
    } catch (error) {
      throw new Failure(
        'keyring',
        `${name} was not stored, because the keyring refused it (${saidBy(error)}). Unlock the keyring, or keep the secret in a ` +
          `file that only your account can read: \`nightjar secret set ${name} --file\`.`,
        { cause: error },
      );
    }
    await this.#file.change((secrets) => (secrets[name] = { store: 'keyring', setAt: now }));
    return 'keyring';
  }

  /** Fails with `secret-not-set` where there is none, `keyring` or `secrets-file`; it is still there then. */
  async delete(name: string): Promise<void> {
    const secret = this.stored()[name];
    if (secret === undefined) {
      throw new Failure(
        'secret-not-set',
        `There is no secret ${name}. \`nightjar secret list\` shows those there are.`,
      );
    }
    try {
      await this.#ask([{ do: 'delete', name }]);
    } catch (error) {
      // One that the file holds may have an older value in the keyring; that the keyring is not there is no obstacle.
      if (secret.store === 'keyring') {
        throw new Failure(
          'keyring',
          `${name} was not deleted: the keyring that holds it is out of reach (${saidBy(error)}). Unlock it, and try again.`,
          { cause: error },
        );
      }
    }
    await this.#file.change((secrets) => delete secrets[name]);
  }

  async #fromKeyring(names: readonly string[]): Promise<readonly string[]> {
    let values;
    try {
      values = await this.#ask(names.map((name) => ({ do: 'get', name })));
    } catch (error) {
      throw new Failure(
        'keyring',
        `The keyring does not give out ${names.join(', ')} (${saidBy(error)}). Log in on the desktop and unlock it, or store ` +
          `${names.length === 1 ? 'it' : 'each'} in a file with \`nightjar secret set ${names[0]} --file\`.`,
        { cause: error },
      );
    }
    const gone = names.filter((_, index) => values[index] === null);
    if (gone.length === 0) return values as readonly string[];
    throw new Failure(
      'secret-not-set',
      `The keyring does not have ${gone.join(', ')} any more. Set ${gone.length === 1 ? 'it' : 'them'} with ` +
        `\`nightjar secret set ${gone[0]}\` or in Settings.`,
    );
  }

  async #ask(requests: readonly KeyringRequest[]): Promise<readonly (string | null)[]> {
    if (this.#keyring === null) throw new Error('NIGHTJAR_SECRETS names a file to use instead');
    return this.#keyring.ask(requests, LIMIT_MS);
  }
}

/** "Secret not set: A, B. Set it …": all that are missing, and what to do. */
export function sentenceOfMissing(names: readonly string[]): string {
  const [what, them] = names.length === 1 ? ['Secret', 'it'] : ['Secrets', 'them'];
  return `${what} not set: ${names.join(', ')}. Set ${them} with \`nightjar secret set ${names[0]}\` or in Settings.`;
}

/** The system's own words, one line of them, without the full stop. */
function saidBy(error: unknown): string {
  return (messageOf(error).split('\n')[0] as string).replace(/^Platform failure: /, '').replace(/\.$/, '');
}
