import type { Keyring } from '../../electron/scheduler/secrets/keyring.ts';

/** A keyring that a test can lock. */
export class MemoryKeyring implements Keyring {
  readonly entries = new Map<string, string>();
  /** What it says instead of an answer. */
  refusal: string | null = null;
  /** Locked, it still says that it has no such entry, as GNOME's does. */
  isLocked = false;

  ask: Keyring['ask'] = async (requests) => {
    if (this.refusal !== null) throw new Error(this.refusal);
    return requests.map((request) => {
      if (this.isLocked && (request.do !== 'get' || this.entries.has(request.name))) throw new Error('it is locked');
      if (request.do === 'get') return this.entries.get(request.name) ?? null;
      if (request.do === 'delete') this.entries.delete(request.name);
      else this.entries.set(request.name, request.value);
      return null;
    });
  };
}
