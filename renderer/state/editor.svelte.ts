import type { CheckedFile, FileView } from '../../electron/api/api.ts';
import { ApiError } from '../../electron/api/client.ts';
import type { Backend } from '../client/backend.ts';
import type { Drafts } from './editor-drafts.ts';
import { mended, type Problem } from './editor-fix.ts';

/** After the last key; shorter would check words that are half written. */
export const CHECK_AFTER_MS = 150;

/** What the disk has that the draft does not know of: another text, or no file any more. */
export type DiskNews =
  { readonly kind: 'changed'; readonly file: FileView; readonly seenAt: number } | { readonly kind: 'gone' };

/**
 * One job file being edited. Outlives the view, so that the way back finds text, cursor and undo as they were. The text on the
 * disk is never overwritten unseen: a save names the version it is based on, and a newer one is shown first.
 */
export class EditorFile {
  readonly path: string;
  text = $state('');
  /** What the draft began from; null: there is no such file yet. */
  base: FileView | null = $state.raw(null);
  news: DiskNews | null = $state.raw(null);
  checked: CheckedFile | null = $state.raw(null);
  /** What the text meant when it last was valid. */
  lastValid: CheckedFile | null = $state.raw(null);
  isLoaded = $state(false);
  isSaving = $state(false);
  /** Why it cannot be shown, as a sentence. */
  problem: string | null = $state(null);
  keptAt: number | null = $state(null);
  /** CodeMirror's own state with its history; opaque here. */
  editorState: unknown = null;
  readonly #backend: Backend;
  readonly #drafts: Drafts;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checks = 0;

  constructor(backend: Backend, drafts: Drafts, path: string, now: () => number) {
    this.#backend = backend;
    this.#drafts = drafts;
    this.path = path;
    this.#now = now;
  }

  isEdited = $derived.by(() => this.isLoaded && this.text !== (this.base?.text ?? ''));
  problems = $derived.by(() => this.checked?.problems ?? this.base?.problems ?? []);
  errors = $derived.by(() => this.problems.filter(({ severity }) => severity === 'error').length);
  /** The picture to show: of the text where it is valid, else the last one that was. */
  picture = $derived.by(() => (this.errors === 0 && this.checked !== null ? this.checked : this.lastValid));
  isPictureOld = $derived.by(() => this.picture !== this.checked);

  /** A file that is not there yet begins with this text. */
  begin(text: string): void {
    if (this.isLoaded) return;
    this.text = this.#drafts.read(this.path)?.text ?? text;
    this.isLoaded = true;
    void this.check();
  }

  /** Reads the file, lays the draft over it where there is one, and watches the disk. Returns stop. */
  watch(onError: (error: unknown) => void): () => void {
    return this.#backend.follow(['jobs.changed'], () => this.#look(), onError);
  }

  typed(text: string): void {
    if (text === this.text) return;
    this.text = text;
    if (this.isEdited) {
      const draft = { text, basedOn: this.base?.version ?? null, keptAt: this.#now() };
      this.keptAt = this.#drafts.keep(this.path, draft) ? draft.keptAt : null;
    } else {
      this.#forget();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(), CHECK_AFTER_MS);
  }

  /** What the scheduler would say to the text. The answer to an older text is dropped. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    const check = ++this.#checks;
    try {
      const checked = await this.#backend.call('files.check', { path: this.path, text: this.text });
      if (check !== this.#checks) return;
      this.checked = checked;
      if (this.errors === 0) this.lastValid = checked;
      else if (this.lastValid === null) await this.#imagine(checked.problems);
    } catch {
      // No connection: the frame says so, and the next key or reconnect checks again.
    }
  }

  /** True when it is saved. A file that changed meanwhile is not overwritten: it becomes news. Other refusals are thrown. */
  async save(): Promise<boolean> {
    this.isSaving = true;
    const text = this.text;
    try {
      this.base = await this.#backend.call('files.save', {
        path: this.path,
        text,
        basedOn: this.base?.version ?? null,
      });
      this.news = null;
      if (this.text === text) this.#forget();
      await this.check();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || !['changed-on-disk', 'exists'].includes(error.code)) throw error;
      await this.#look();
      return false;
    } finally {
      this.isSaving = false;
    }
  }

  /** The disk's text takes the place of the draft. Returns the text to show. */
  takeDisk(): string {
    const { news } = this;
    if (news?.kind !== 'changed') return this.text;
    this.#setBase(news.file);
    this.typed(news.file.text);
    this.#forget();
    return news.file.text;
  }

  /** The draft goes on, now based on what is on the disk: the next save replaces that. Returns what takes it back. */
  keepMine(): () => void {
    const before = { base: this.base, news: this.news };
    this.base = this.news?.kind === 'changed' ? this.news.file : null;
    this.news = null;
    this.#keep();
    return () => {
      this.base = before.base;
      this.news = before.news;
      this.#keep();
    };
  }

  /** The text to show when the draft is given up. */
  discard(): string {
    this.#forget();
    return this.base?.text ?? '';
  }

  forget(): void {
    this.#forget();
    clearTimeout(this.#timer);
  }

  /** A file that was never seen valid is shown as it would be with the fixes that its Problems name. */
  async #imagine(problems: readonly Problem[]): Promise<void> {
    const text = mended(this.text, problems);
    if (text === this.text) return;
    const picture = await this.#backend.call('files.check', { path: this.path, text });
    if (picture.problems.every(({ severity }) => severity !== 'error')) this.lastValid ??= picture;
  }

  async #look(): Promise<void> {
    let file: FileView;
    try {
      file = await this.#backend.call('files.read', { path: this.path });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === 'closed' || error.code === 'internal') throw error;
      if (!this.isLoaded) this.#loadWithout(error.message);
      else if (this.isEdited && this.base !== null) this.news = { kind: 'gone' };
      else if (!this.isEdited) this.problem = error.message;
      return;
    }
    this.problem = null;
    if (!this.isLoaded) return this.#load(file);
    if (file.version === this.base?.version) this.news = null;
    else if (!this.isEdited || file.text === this.text) this.#setBase(file, !this.isEdited);
    else if (this.news?.kind !== 'changed' || this.news.file.version !== file.version)
      this.news = { kind: 'changed', file, seenAt: this.#now() };
    if (!this.isEdited) await this.check();
  }

  #load(file: FileView): void {
    const draft = this.#drafts.read(this.path);
    this.base = file;
    this.text = draft?.text ?? file.text;
    this.keptAt = draft?.keptAt ?? null;
    if (draft !== null && draft.basedOn !== file.version && draft.text !== file.text) {
      // The draft is older than what is on the disk: its own base is known by version only.
      this.base = { ...file, version: draft.basedOn ?? '', problems: [] };
      this.news = { kind: 'changed', file, seenAt: this.#now() };
    }
    this.isLoaded = true;
    void this.check();
  }

  #loadWithout(message: string): void {
    const draft = this.#drafts.read(this.path);
    if (draft === null) {
      this.problem = message;
      return;
    }
    this.text = draft.text;
    this.keptAt = draft.keptAt;
    this.isLoaded = true;
    void this.check();
  }

  #setBase(file: FileView, takesText = false): void {
    this.base = file;
    this.news = null;
    if (takesText) this.text = file.text;
    if (this.text === file.text) this.#forget();
  }

  #keep(): void {
    if (!this.isEdited) return;
    this.#drafts.keep(this.path, {
      text: this.text,
      basedOn: this.base?.version ?? null,
      keptAt: this.keptAt ?? this.#now(),
    });
  }

  #forget(): void {
    this.keptAt = null;
    this.#drafts.drop(this.path);
  }
}

/** The files that were opened, by path, as long as the window lives. */
export class EditorFiles {
  readonly #files = new Map<string, EditorFile>();
  readonly #backend: Backend;
  readonly #drafts: Drafts;
  readonly #now: () => number;

  constructor(backend: Backend, drafts: Drafts, now: () => number) {
    this.#backend = backend;
    this.#drafts = drafts;
    this.#now = now;
  }

  open(path: string): EditorFile {
    let file = this.#files.get(path);
    if (file === undefined)
      this.#files.set(path, (file = new EditorFile(this.#backend, this.#drafts, path, this.#now)));
    return file;
  }

  close(path: string): void {
    this.#files.get(path)?.forget();
    this.#files.delete(path);
  }
}
