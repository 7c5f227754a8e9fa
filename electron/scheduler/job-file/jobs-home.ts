import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CheckSchedule } from './check.ts';
import type { Problem } from './definition.ts';
import { HomeFiles } from './home-files.ts';
import type { FileText } from './home-files.ts';
import { HomeReader } from './home-reader.ts';
import type { Follower, JobEntry, JobsChange, LastValid } from './job-table.ts';
import type { ParsedJob } from './parse.ts';
import { findFile, folderIdentity, isJobFileName, isSkippedFolder, scanHome } from './scan-home.ts';
import type { FoundFile } from './scan-home.ts';
import { FolderWatchers } from './watch-folders.ts';

// A file is read when nothing has been heard of it for this long: editors truncate, write and rename.
const QUIET_MS = 20;
// One that is written to without a pause is read all the same; a change takes effect within a second.
const PATIENCE_MS = 300;
// What the system does not tell of (network drives, more changes at once than it keeps in mind) is found by a scan at least this much later,
// and so much later that scanning takes a hundredth of the time: 10,000 files cost 0.4 s. After one that finds nothing the next comes four times as
// late, because a laptop that idles is not to be woken; any change that is told of, and any that was not, makes the wait short again.
const BACKUP_MS = 5_000;
const LONGEST_BACKUP_MS = 60_000;
const BACKUP_RATIO = 100;
// Without watchers scanning is all there is, and worth a tenth of the time.
const UNWATCHED_MS = 500;
const UNWATCHED_RATIO = 10;

export interface JobsHomeOptions {
  readonly folder: string;
  readonly checkSchedule: CheckSchedule;
  /**
   * Told after anything in the list of jobs may look different: which definitions are new or other ones, and which ids have none
   * any more. Both are empty when only Problems changed. Nothing more is looked at until it has resolved.
   */
  readonly onChange: (change: JobsChange) => void | Promise<void>;
  /** What went wrong in the background and should not have, `onChange` included. The home goes on. */
  readonly onBug: (error: unknown) => void;
  /** Keeps a job running whose file is not valid when it is first read. Left out: such a job has no version. */
  readonly lastValid?: LastValid;
  /** What `~` is in a job file. Default: the user's home. */
  readonly userHome?: string;
}

export interface HomeView {
  readonly maxParallelRuns: number | null;
  readonly maxParallelTasks: number | null;
  /** Of nightjar.yml, and of links and folders that are not read. */
  readonly problems: readonly Problem[];
}

/**
 * The folder of job files: reads all of them, watches them, and saves them.
 *
 * All looking is done in passes, one after another: at the whole home, or at the paths in `#noticed`. Both end in the same
 * comparison of what was found with what is known, so it does not matter who noticed a change, or how often.
 */
export class JobsHome {
  readonly folder: string;
  readonly #options: JobsHomeOptions;
  readonly #files: HomeFiles;
  readonly #reader: HomeReader;
  readonly #watchers: FolderWatchers;
  #refusals: readonly Problem[] = [];
  /** Path → when it was first noticed and not looked at yet. */
  readonly #noticed = new Map<string, number>();
  #mustLookAtAll = false;
  #isClosed = false;
  #passes: Promise<void> = Promise.resolve();
  #quietTimer: NodeJS.Timeout | undefined;
  #backupTimer: NodeJS.Timeout | undefined;
  /** How long nothing untold has to be looked for; and what looking took last. */
  #backupMs = BACKUP_MS;
  #scanMs = 0;

  constructor(options: JobsHomeOptions) {
    this.folder = resolve(options.folder);
    this.#options = options;
    const { checkSchedule, userHome = homedir() } = options;
    this.#files = new HomeFiles(this.folder);
    this.#reader = new HomeReader({
      folder: this.folder,
      checkSchedule,
      userHome,
      lastValid: options.lastValid ?? (() => null),
    });
    this.#watchers = new FolderWatchers(this.folder, (path) => this.#notice(path));
  }

  /** Resolves when every file has been read once. The folder need not exist: it is read as soon as it does. */
  async start(): Promise<void> {
    await this.rescan();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#quietTimer);
    this.#reader.stop();
    await this.#passes;
    clearTimeout(this.#backupTimer);
    this.#watchers.close();
  }

  /** Sorted by file; the list is replaced whole on every change. */
  jobs(): readonly JobEntry[] {
    return this.#reader.table.all();
  }

  /** By exact id. */
  find(id: string): JobEntry | undefined {
    return this.#reader.table.find(id);
  }

  /** By exact id, else by a unique `pipeline_name`. Fails with `no-such-job` or `ambiguous-job`. */
  get(idOrName: string): JobEntry {
    return this.#reader.table.get(idOrName);
  }

  /** The jobs that start after an end of this one. */
  followersOf(id: string): readonly Follower[] {
    return this.#reader.table.followersOf(id);
  }

  get home(): HomeView {
    const { maxParallelRuns, maxParallelTasks } = this.#reader.settings;
    return { maxParallelRuns, maxParallelTasks, problems: [...this.#reader.problems, ...this.#refusals] };
  }

  /** Looks at every file now; resolves when what was on disk at the call is in effect. */
  rescan(): Promise<void> {
    return this.#pass(() => this.#lookAtAll(false));
  }

  /** Path below the home. Fails with `not-in-home`, `not-found` or `not-readable`. */
  readFile(path: string): Promise<FileText> {
    return this.#files.read(path);
  }

  /**
   * Saves in one step, and resolves when the job is what the text says. `basedOn` is the version that was edited, null for a
   * file that must be new. Fails with `not-in-home`, `exists`, `changed-on-disk` or `not-saved`.
   */
  async saveFile(path: string, text: string, basedOn: string | null): Promise<FileText> {
    const saved = await this.#files.save(path, text, basedOn);
    await this.#pass(() => this.#lookAt([path]));
    return saved;
  }

  /** Moves a file out of the home into a folder, under a name that is free there; resolves with its new absolute path. */
  async moveToFolder(path: string, targetFolder: string): Promise<string> {
    const target = await this.#files.moveToFolder(path, targetFolder);
    await this.#pass(() => this.#lookAt([path]));
    return target;
  }

  /** What a file would be, were this text saved at this path. Of nightjar.yml there are only Problems. */
  checkText(path: string, text: string): ParsedJob {
    return this.#reader.check(path, text);
  }

  /** Something below the home changed, or, with null, the system does not say what. */
  #notice(path: string | null): void {
    if (this.#isClosed) return;
    if (path === null) this.#mustLookAtAll = true;
    else if (path.split('/').some(isSkippedFolder)) return;
    else if (!this.#noticed.has(path)) this.#noticed.set(path, Date.now());
    this.#lookWhenQuiet();
  }

  #lookWhenQuiet(): void {
    if (this.#isClosed || (this.#noticed.size === 0 && !this.#mustLookAtAll)) return;
    const oldest = this.#noticed.values().next().value ?? Date.now();
    const wait = Math.max(1, Math.min(QUIET_MS, oldest + PATIENCE_MS - Date.now()));
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#passInBackground(() => this.#lookAtNoticed()), wait);
  }

  #passInBackground(look: () => Promise<void>): void {
    this.#pass(look).catch((error: unknown) => this.#options.onBug(error));
  }

  #pass(look: () => Promise<void>): Promise<void> {
    const before = this.#passes;
    const pass = (async () => {
      await before;
      if (this.#isClosed) return;
      try {
        const homeBefore = JSON.stringify(this.home);
        await look();
        const change = await this.#reader.settle();
        const isNews = change !== null || JSON.stringify(this.home) !== homeBefore;
        if (isNews && !this.#isClosed) await this.#options.onChange(change ?? { changed: [], removed: [] });
      } finally {
        this.#lookWhenQuiet();
      }
    })();
    // Who asked for the pass hears what went wrong in it; the next one goes on all the same.
    this.#passes = pass.catch(() => {});
    return pass;
  }

  /** `isPatient` leaves what is written at the moment for later; `isBackup`: nobody has told of anything. */
  async #lookAtAll(isPatient: boolean, isBackup = false): Promise<void> {
    const startedAt = performance.now();
    this.#mustLookAtAll = false;
    if (!isPatient) this.#noticed.clear();
    try {
      const found = await scanHome(this.folder, (path, identity) => this.#watchers.add(path, identity));
      this.#watchers.retain(found.folders);
      this.#refusals = found.refused.map(({ path, reason }) => refusal(path, reason));
      const missing = this.#reader.missing(found.files);
      const isNews = missing.length > 0 || found.files.some((file) => !this.#reader.knows(file));
      this.#backupMs = isNews || !isBackup ? BACKUP_MS : Math.min(4 * this.#backupMs, LONGEST_BACKUP_MS);
      for (const path of missing) this.#reader.forget(path);
      await this.#reader.read(isPatient ? found.files.filter((file) => this.#isReady(file)) : found.files);
    } finally {
      this.#scanMs = performance.now() - startedAt;
      this.#scheduleBackup();
    }
  }

  async #lookAtNoticed(): Promise<void> {
    const files: string[] = [];
    let isFolderChanged = this.#mustLookAtAll;
    for (const path of this.#noticed.keys()) {
      if (isJobFileName(path.slice(path.lastIndexOf('/') + 1))) files.push(path);
      else {
        // Jobs write their output beside their file; only folders that came, went or were replaced mean a scan.
        this.#noticed.delete(path);
        const identity = await folderIdentity(join(this.folder, path));
        isFolderChanged ||= identity !== this.#watchers.identityOf(path);
      }
    }
    // The system tells of a home that was deleted or replaced by the home's own name.
    isFolderChanged ||= (await folderIdentity(this.folder)) !== this.#watchers.identityOf('');
    if (isFolderChanged) await this.#lookAtAll(true);
    else if (files.length > 0) {
      await this.#lookAt(files, (file) => this.#isReady(file));
      this.#backupSoon();
    }
  }

  async #lookAt(paths: readonly string[], isReady: (file: FoundFile) => boolean = () => true): Promise<void> {
    const files: FoundFile[] = [];
    let mustLookAtAll = false;
    for (const path of paths) {
      const file = await findFile(this.folder, path);
      if (file !== undefined && !isReady(file)) continue;
      this.#noticed.delete(path);
      if (file !== undefined) files.push(file);
      else if (this.#reader.forget(path)) mustLookAtAll = true;
    }
    if (await this.#reader.read(files)) mustLookAtAll = true;
    if (mustLookAtAll) await this.#lookAtAll(true);
  }

  /** Whether a file may be read: one that was written a moment ago is left for the next pass. */
  #isReady(file: FoundFile): boolean {
    const now = Date.now();
    const noticedAt = this.#noticed.get(file.path) ?? now;
    const isReady = this.#reader.knows(file) || now - file.modifiedAt >= QUIET_MS || now - noticedAt >= PATIENCE_MS;
    if (isReady) this.#noticed.delete(file.path);
    else this.#noticed.set(file.path, noticedAt);
    return isReady;
  }

  #scheduleBackup(): void {
    clearTimeout(this.#backupTimer);
    if (this.#isClosed) return;
    const isWatched = this.#watchers.isComplete && this.#watchers.identityOf('') !== null;
    const wait = isWatched
      ? Math.max(this.#backupMs, this.#scanMs * BACKUP_RATIO)
      : Math.max(UNWATCHED_MS, this.#scanMs * UNWATCHED_RATIO);
    this.#backupTimer = setTimeout(() => this.#passInBackground(() => this.#lookAtAll(true, true)), wait);
  }

  /** Where something changes more may, and of what comes all at once not everything is told. */
  #backupSoon(): void {
    if (this.#backupMs === BACKUP_MS) return;
    this.#backupMs = BACKUP_MS;
    this.#scheduleBackup();
  }
}

function refusal(path: string, reason: string): Problem {
  return { file: path, line: 1, column: 1, message: `the folder is not read, because ${reason}`, severity: 'warning' };
}
