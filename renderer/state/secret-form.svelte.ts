import type { Input } from '../../electron/api/api.ts';
import { ApiError } from '../../electron/api/client.ts';
import type { Backend } from '../client/backend.ts';

/** What is typed into the dialog that sets secrets. The values leave it with the call that stores them, and are then forgotten. */
export class SecretForm {
  /** Of a secret that nobody has named yet, what is typed as its name. */
  readonly rows: { name: string; readonly isNamed: boolean; value: string }[] = $state([]);
  /** What a try to store them was answered with. */
  problem: string | null = $state(null);
  /** The keyring refused: the file is the other way. */
  mayUseFile = $state(false);
  isBusy = $state(false);
  #backend: Backend;

  /** Without names it asks for one. */
  constructor(backend: Backend, names: readonly string[]) {
    this.#backend = backend;
    this.rows = (names.length === 0 ? [''] : names).map((name) => ({ name, isNamed: name !== '', value: '' }));
  }

  /** One of several may be left for later. */
  isReady = $derived.by(() => this.rows.some(({ name, value }) => name.trim() !== '' && value !== '') && !this.isBusy);

  /** Stores what is filled in; true where all of it is stored. What is stored is not stored twice by another try. */
  async store(where: Input<'secrets.set'>['where']): Promise<boolean> {
    if (!this.isReady) return false;
    this.isBusy = true;
    this.problem = null;
    try {
      for (const row of this.rows) {
        if (row.value === '') continue;
        // A key that was pasted comes with the end of its last line.
        const value = row.value.replace(/\r?\n$/, '');
        await this.#backend.call('secrets.set', { name: row.name.trim(), value, where });
        row.value = '';
      }
      return true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.mayUseFile = error instanceof ApiError && error.code === 'keyring';
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
