import path from 'node:path';

/** What decides where the account's secrets are. */
export interface SecretsSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly platform: NodeJS.Platform;
}

export interface SecretsPlace {
  /** Absolute path: the names of all secrets, and the values of those that no keyring holds. */
  readonly file: string;
  /** False where the user named a file: then nothing but that file is used. */
  readonly mayUseKeyring: boolean;
}

/**
 * Secrets belong to the account, as its keyring does: whichever data folder a Nightjar works on, desktop, `serve` and the command
 * line find the same ones, and a data folder that is copied or shown to somebody has none in it. `NIGHTJAR_SECRETS` names a file to
 * use instead, without a keyring: for a service account or a container whose secrets are mounted.
 */
export function secretsPlace({ environment, userHome, platform }: SecretsSurroundings): SecretsPlace {
  const named = environment['NIGHTJAR_SECRETS'];
  if (named !== undefined && named !== '') return { file: path.resolve(named), mayUseKeyring: false };
  return { file: path.join(configFolder(), 'secrets.json'), mayUseKeyring: true };

  function configFolder(): string {
    switch (platform) {
      case 'darwin':
        return path.join(userHome, 'Library', 'Application Support', 'Nightjar');
      case 'win32':
        return path.join(environment['LOCALAPPDATA'] || path.join(userHome, 'AppData', 'Local'), 'Nightjar');
      default:
        return path.join(environment['XDG_CONFIG_HOME'] || path.join(userHome, '.config'), 'nightjar');
    }
  }
}
