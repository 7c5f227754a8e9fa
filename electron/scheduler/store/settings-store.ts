import type { Database, Statement } from 'better-sqlite3';

/** What the user set in the window, by key; values are whatever JSON can say. */
export class SettingsStore {
  readonly #all: Statement<[], { key: string; value: string }>;
  readonly #get: Statement<[string], string>;
  readonly #set: Statement<[string, string]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Database) {
    this.#all = db.prepare('SELECT key, value FROM settings ORDER BY key');
    this.#get = db.prepare<[string], string>('SELECT value FROM settings WHERE key = ?').pluck();
    this.#set = db.prepare(
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.#remove = db.prepare('DELETE FROM settings WHERE key = ?');
  }

  all(): Record<string, unknown> {
    return Object.fromEntries(this.#all.all().map(({ key, value }) => [key, JSON.parse(value) as unknown]));
  }

  /** Undefined where it was never set. */
  get(key: string): unknown {
    const text = this.#get.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  /** `undefined` takes the setting back to its default. */
  set(key: string, value: unknown): void {
    if (value === undefined) this.#remove.run(key);
    else this.#set.run(key, JSON.stringify(value));
  }
}
