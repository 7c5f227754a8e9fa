import { homedir } from 'node:os';
import { SecretStore } from './secret-store.ts';
import { secretsPlace } from './secrets-place.ts';

/** The secrets of the account that this process runs as. */
export function accountSecrets(): SecretStore {
  return new SecretStore(secretsPlace({ environment: process.env, userHome: homedir(), platform: process.platform }));
}
