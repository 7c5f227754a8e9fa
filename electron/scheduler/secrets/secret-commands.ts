import type { Check, Secrets } from '../../api/api.ts';
import { messageOf } from '../failure.ts';
import { addTo, namesOf } from '../job-names.ts';
import type { JobEntry } from '../job-file/job-table.ts';
import { sentenceOfMissing, type SecretsHome, type SecretStore } from './secret-store.ts';
import type { StoredSecret, StoredSecrets } from './secrets-file.ts';

type Entries = readonly Pick<JobEntry, 'id' | 'definition'>[];

/** Every secret that is set or that a job names, the missing ones first; and where a new one would be kept. */
export async function listSecrets(store: SecretStore, entries: Entries): Promise<Secrets> {
  const stored = store.stored();
  const jobs = jobsBySecret(entries);
  const names = [...new Set([...jobs.keys(), ...Object.keys(stored)])].sort();
  const secrets = names.map((name) => ({
    name,
    store: stored[name]?.store ?? null,
    setAt: stored[name]?.setAt ?? null,
    jobs: jobs.get(name) ?? [],
  }));
  const home = await store.home();
  return {
    secrets: [...secrets.filter(({ store: held }) => held === null), ...secrets.filter((each) => each.store !== null)],
    home: { store: home.store, message: wordsOfHome(home) },
  };
}

/** What `doctor` says of secrets: where they are and how safe that is, whether the keyring gives them out, and which are missing. */
export async function secretChecks(store: SecretStore, entries: Entries): Promise<Check[]> {
  const jobs = jobsBySecret(entries);
  let stored: StoredSecrets;
  try {
    stored = store.stored();
  } catch (error) {
    return [{ name: 'secrets', isOk: false, message: messageOf(error) }];
  }
  const checks: Check[] = [{ name: 'secrets', isOk: true, message: wordsOfHome(await store.home()) }];
  const say = (message: string, isOk = false): void => void checks.push({ name: 'secrets', isOk, message });
  if (store.isOpenToOthers()) {
    say(`${store.path} can be read by others than you: \`chmod 600 ${store.path}\`.`);
  }
  const held = (where: StoredSecret['store']): string[] =>
    Object.keys(stored).filter((name) => stored[name]?.store === where);
  const inKeyring = held('keyring').filter((name) => jobs.has(name));
  if (inKeyring.length > 0) {
    await store.read(inKeyring).catch((error: unknown) => say(messageOf(error)));
  }
  // What runs only when a person asks for it is in nobody's way.
  const isDue = new Set(entries.filter(({ definition }) => definition?.scheduler.length !== 0).map(({ id }) => id));
  for (const [name, ids] of jobs) {
    if (stored[name] !== undefined) continue;
    const users = `${namesOf(ids)} ${ids.length === 1 ? 'uses' : 'use'} it`;
    say(`${sentenceOfMissing([name])} ${users}.`, !ids.some((id) => isDue.has(id)));
  }
  return checks;
}

function wordsOfHome(home: SecretsHome): string {
  if (home.store === 'keyring') return "Secrets are kept in the system's keyring.";
  return (
    `Secrets are kept in ${home.file}, because ${home.why}. That file is only as safe as your account: every program that runs as ` +
    `you can read it.`
  );
}

function jobsBySecret(entries: Entries): Map<string, string[]> {
  const jobs = new Map<string, string[]>();
  for (const { id, definition } of entries) {
    for (const name of new Set(definition?.secrets)) addTo(jobs, name, id);
  }
  return jobs;
}
