import path from 'node:path';

export interface Places {
  /** Absolute path of the jobs home. */
  readonly jobsHome: string;
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
}

export interface Surroundings {
  /** As the command line says; undefined where it does not. */
  readonly home?: string | undefined;
  readonly data?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  /** Where Nightjar's own package.json is. */
  readonly programFolder: string;
  readonly userHome: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Where the jobs and the data are. Jobs: `--home`, else `MELT_JOBS_HOME`, else `jobs` of a checkout, else the one that was
 * chosen for the data folder the last time (`setting`), else `~/nightjar/jobs`. Data: `--data`, else `NIGHTJAR_DATA`, else `.nightjar` of a checkout, else where
 * the platform keeps such things. A checkout counts while one works inside it.
 */
export function findPlaces(surroundings: Surroundings, setting: (dataFolder: string) => string | null): Places {
  const { home, data, environment, userHome, programFolder } = surroundings;
  const absolute = (folder: string) => path.resolve(surroundings.workingFolder, withUserHome(folder, userHome));
  const isCheckout = isInCheckout(surroundings);
  const dataFolder = absolute(
    data ??
      given(environment['NIGHTJAR_DATA']) ??
      (isCheckout ? path.join(programFolder, '.nightjar') : dataOf(surroundings)),
  );
  const jobsHome = absolute(
    home ??
      given(environment['MELT_JOBS_HOME']) ??
      (isCheckout
        ? path.join(programFolder, 'jobs')
        : (setting(dataFolder) ?? path.join(userHome, 'nightjar', 'jobs'))),
  );
  return { jobsHome, dataFolder };
}

function isInCheckout({ programFolder, workingFolder }: Surroundings): boolean {
  if (programFolder.split(path.sep).includes('node_modules')) return false;
  const below = path.relative(programFolder, workingFolder);
  return below === '' || (below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below));
}

function dataOf({ environment, platform, userHome }: Surroundings): string {
  switch (platform) {
    case 'darwin':
      return path.join(userHome, 'Library', 'Application Support', 'Nightjar');
    case 'win32':
      return path.join(given(environment['LOCALAPPDATA']) ?? path.join(userHome, 'AppData', 'Local'), 'Nightjar');
    default:
      return path.join(given(environment['XDG_DATA_HOME']) ?? path.join(userHome, '.local', 'share'), 'nightjar');
  }
}

/** A shell resolves `~` only where it is not quoted, and not in every variable. */
function withUserHome(folder: string, userHome: string): string {
  return folder === '~' || folder.startsWith('~/') ? path.join(userHome, folder.slice(1)) : folder;
}

/** `NAME=` means the same as no variable. */
const given = (value: string | undefined) => (value === undefined || value === '' ? undefined : value);
