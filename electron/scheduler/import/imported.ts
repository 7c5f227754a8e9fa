/** What an import found, before any file is written. */
export interface Imported {
  readonly jobs: readonly ImportedJob[];
  readonly notes: readonly ImportNote[];
}

/** A job as a file would say it: keys and values of the job file's grammar. */
export interface ImportedJob {
  /** Of the file, without the extension; unique within the import. */
  readonly name: string;
  /** Where it came from: `crontab:7`. */
  readonly from: string;
  readonly job: Readonly<Record<string, unknown>>;
}

/** Something that was not carried over, or not as it was. */
export interface ImportNote {
  /** `crontab:7`, `compose.yaml: ofelia.job-exec.flush`. */
  readonly where: string;
  /** One sentence. */
  readonly text: string;
  /** A whole job that does not exist now; else the job is there and does something differently. */
  readonly isLost: boolean;
}

/** File names of jobs, each given once. */
export class JobNames {
  readonly #taken = new Set<string>();

  /** `Nightly backup (NAS)` → `nightly-backup-nas`; `-2` where that is taken. */
  take(words: string): string {
    const slug = words
      .normalize('NFKD')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 48)
      .replaceAll(/^-+|-+$/g, '');
    // nightjar.yml is no job.
    const base = slug === '' || slug === 'nightjar' ? 'job' : slug;
    let name = base;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${base}-${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Names of variables whose values are not for a file that others may read. */
export function looksSecret(name: string): boolean {
  return /PASSW|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i.test(name);
}

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
