import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckSchedule } from './check.ts';
import type { Problem } from './definition.ts';
import { readText, type FileSays } from './file-text.ts';
import { readTexts } from './file-texts.ts';
import { JobTable, conflictProblem, idOf } from './job-table.ts';
import type { LastValid } from './job-table.ts';
import type { JobsChange } from './job-table.ts';
import { NO_HOME_SETTINGS, parseHome, parseJob } from './parse.ts';
import type { HomeSettings, ParsedJob, Parsing } from './parse.ts';
import type { FoundFile } from './scan-home.ts';

/** What all jobs of a home share, in the home itself. */
export const HOME_FILE = 'nightjar.yml';

// Parsing at a stretch before others get their turn.
const STRETCH_MS = 8;
/** The signature of a file that has to be read again, whatever it is like now. */
const NOT_KNOWN = '';

/**
 * What is known of the files of a home: their signatures, the settings of nightjar.yml, and the jobs. Compares it with what was
 * found, and reads what is new or different. Knows nothing of watching; who calls it makes sure that calls do not overlap.
 */
export class HomeReader {
  readonly table: JobTable;
  readonly #folder: string;
  readonly #checkSchedule: CheckSchedule;
  readonly #userHome: string;
  readonly #signatures = new Map<string, string>();
  #stretchFrom = performance.now();
  #settings: HomeSettings = NO_HOME_SETTINGS;
  #problems: readonly Problem[] = [];
  #isStopped = false;

  constructor(options: { folder: string; checkSchedule: CheckSchedule; userHome: string; lastValid: LastValid }) {
    this.#folder = options.folder;
    this.#checkSchedule = options.checkSchedule;
    this.#userHome = options.userHome;
    this.table = new JobTable(options.lastValid);
  }

  get settings(): HomeSettings {
    return this.#settings;
  }

  /** Of nightjar.yml. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Lets a read that is going on come to an early end; what it has not read stays unknown. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Whether the file is as it was when it was read. */
  knows(file: FoundFile): boolean {
    return this.#signatures.get(file.path) === file.signature;
  }

  /** Reads those of these files that are new or different. True: the settings are other ones, and no other file is known until it is read again. */
  async read(found: readonly FoundFile[]): Promise<boolean> {
    const home = found.find((file) => file.path === HOME_FILE);
    const areSettingsNew = home !== undefined && !this.knows(home) && (await this.#readSettings(home));
    const jobs = found.filter((file) => file.path !== HOME_FILE && !this.knows(file));
    for await (const batch of readTexts(this.#folder, jobs)) {
      await this.#parseJobs(batch);
      if (this.#isStopped) break;
    }
    return areSettingsNew;
  }

  /** The file is gone. Returns what `read` does. */
  forget(path: string): boolean {
    this.#signatures.delete(path);
    if (path !== HOME_FILE) {
      this.table.remove(path);
      return false;
    }
    this.#problems = [];
    return this.#use(NO_HOME_SETTINGS);
  }

  /** Files that are known and not among these. */
  missing(found: readonly FoundFile[]): string[] {
    const present = new Set(found.map((file) => file.path));
    return [...this.#signatures.keys()].filter((path) => !present.has(path));
  }

  settle(): Promise<JobsChange | null> {
    return this.table.settle(() => nextTurn());
  }

  /** What a file would be, were this text saved at this path. Of nightjar.yml there are only Problems. */
  check(path: string, text: string): ParsedJob {
    if (path === HOME_FILE) return { definition: null, problems: parseHome(this.#parsing(path, text)).problems };
    const parsed = this.#parse(path, text);
    const conflict = conflictProblem(path, this.table.rivals(path));
    const ofOthers = [...(conflict === null ? [] : [conflict]), ...this.table.afterProblemsOf(path, parsed)];
    const isValid = !ofOthers.some(({ severity }) => severity === 'error');
    return { definition: isValid ? parsed.definition : null, problems: [...ofOthers, ...parsed.problems] };
  }

  async #parseJobs(batch: readonly (readonly [FoundFile, FileSays])[]): Promise<void> {
    for (const [{ path, signature }, text] of batch) {
      if (text === null) continue;
      this.#signatures.set(path, signature);
      const isRead = typeof text === 'string';
      this.table.put(path, isRead ? this.#parse(path, text) : { definition: null, problems: [text] });
      await this.#pause();
    }
  }

  /** Lets others have their turn, when this has had its own for long enough. */
  async #pause(): Promise<void> {
    if (performance.now() - this.#stretchFrom <= STRETCH_MS) return;
    await nextTurn();
    this.#stretchFrom = performance.now();
  }

  /** True when the settings are other ones now. */
  async #readSettings(file: FoundFile): Promise<boolean> {
    const text = await readText(this.#folder, file);
    if (text === null) return false;
    this.#signatures.set(HOME_FILE, file.signature);
    if (typeof text !== 'string') {
      this.#problems = [text];
      return false;
    }
    const { settings, problems } = parseHome(this.#parsing(HOME_FILE, text));
    this.#problems = problems;
    // Like a job's, its last valid version holds until it is valid again or gone.
    return settings !== null && this.#use(settings);
  }

  #use(settings: HomeSettings): boolean {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return false;
    this.#settings = settings;
    for (const path of this.#signatures.keys()) if (path !== HOME_FILE) this.#signatures.set(path, NOT_KNOWN);
    return true;
  }

  #parse(path: string, text: string): ParsedJob {
    return parseJob({ ...this.#parsing(path, text), id: idOf(path), home: this.#settings });
  }

  #parsing(path: string, text: string): Parsing {
    const file = join(this.#folder, path);
    return { text, file, shownAs: path, checkSchedule: this.#checkSchedule, userHome: this.#userHome };
  }
}
