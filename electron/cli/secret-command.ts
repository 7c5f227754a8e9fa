import type { Command } from 'commander';
import { accountSecrets } from '../scheduler/secrets/account-secrets.ts';
import type { Context, MakeContext } from './context.ts';
import { formatMoment } from './format.ts';
import { readSecret } from './read-secret.ts';

/** `secret set | list | delete`: the account's secrets, with or without a running Nightjar, which notices by itself. */
export function addSecretCommands(program: Command, context: MakeContext): void {
  const secret = program
    .command('secret')
    .summary('store, list and delete the secrets that jobs name')
    .helpCommand(false);
  secret
    .command('set')
    .summary('store a secret, typed without an echo or from standard input')
    .argument('<name>', 'name of the secret, as `secrets` of a job has it')
    .option('--file', 'keep it in a file that only you can read, not in the keyring')
    .action((name: string, options: { file?: boolean }) => set(context(), name, options.file === true));
  secret
    .command('list')
    .summary('list the secrets that are set or that jobs name; never their values')
    .action(() => list(context()));
  secret
    .command('delete')
    .summary('delete a secret; runs that need it wait then')
    .argument('<name>', 'name of the secret')
    .action((name: string) => remove(context(), name));
}

async function set({ out }: Context, name: string, isForFile: boolean): Promise<void> {
  const store = accountSecrets();
  const value = await readSecret(name);
  const held = await store.set(name, value, isForFile ? 'file' : 'best', Date.now());
  if (out.isJson) return out.json({ name, store: held });
  await out.line(`${name} is stored in ${held === 'keyring' ? "the system's keyring" : store.path}.`);
  if (held === 'file') {
    await out.line('That file is only as safe as your account: every program that runs as you can read it.');
  }
}

async function list({ out, places }: Context): Promise<void> {
  const { listSecrets } = await import('../scheduler/secrets/secret-commands.ts');
  const { secrets, home } = await listSecrets(accountSecrets(), await entriesOf(places.jobsHome));
  if (out.isJson) return out.json(secrets);
  const columns = [{ title: 'SECRET' }, { title: 'IN' }, { title: 'SET' }, { title: 'JOBS', isCut: true }];
  const now = Date.now();
  const rows = secrets.map(({ name, store, setAt, jobs }) => [
    name,
    store ?? { text: 'not set', style: 'yellow' as const },
    formatMoment(setAt, now),
    jobs.join(', '),
  ]);
  await out.table(columns, rows, 'No secret is set, and no job names one.');
  await out.line(`\n${home.message}`);
}

/** A jobs home that is not there yet has no jobs that name any. */
async function entriesOf(jobsHome: string) {
  const { checkHome } = await import('./check-jobs.ts');
  const { Failure } = await import('../scheduler/failure.ts');
  try {
    const checked = await checkHome(jobsHome, process.cwd());
    return checked.flatMap(({ id, definition }) => (id === null ? [] : { id, definition }));
  } catch (error) {
    if (error instanceof Failure && error.code === 'no-home') return [];
    throw error;
  }
}

async function remove({ out }: Context, name: string): Promise<void> {
  await accountSecrets().delete(name);
  if (out.isJson) return out.json({ name });
  await out.line(`${name} is deleted.`);
}
