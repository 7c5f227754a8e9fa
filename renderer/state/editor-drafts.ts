/** A text that was typed and not saved. */
export interface Draft {
  readonly text: string;
  /** Version of the file that it began from; null for a file that was not there. */
  readonly basedOn: string | null;
  readonly keptAt: number;
}

const PREFIX = 'nightjar.draft.';

/**
 * Drafts survive a reload, a crash and a restart: they are kept by path, beside the files and never in them. A browser that
 * refuses to store (full, or private) keeps none; the text on the screen is not affected.
 */
export class Drafts {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  read(path: string): Draft | null {
    try {
      const draft = JSON.parse(this.#storage.getItem(PREFIX + path) ?? 'null') as Draft | null;
      return typeof draft?.text === 'string' ? draft : null;
    } catch {
      // Not written by us, or by a version that wrote otherwise: no draft.
      return null;
    }
  }

  /** False where it could not be kept. */
  keep(path: string, draft: Draft): boolean {
    try {
      this.#storage.setItem(PREFIX + path, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  drop(path: string): void {
    this.#storage.removeItem(PREFIX + path);
  }
}
