import type { Secrets } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { NOW } from './fixture-jobs.ts';

const DAY = 86_400_000;

/** Two that are set and one that a job waits for; no keyring, so that the sentence about the file is seen. */
export function fixtureSecrets(): Secrets {
  return {
    secrets: [
      { name: 'REGISTRY_TOKEN', store: null, setAt: null, jobs: ['infra/scan-container-images'] },
      {
        name: 'PGPASSWORD',
        store: 'keyring',
        setAt: NOW - 40 * DAY,
        jobs: ['warehouse/load-orders', 'warehouse/dbt-nightly'],
      },
      { name: 'RESTIC_PASSWORD', store: 'file', setAt: NOW - 2 * DAY, jobs: [] },
    ],
    home: {
      store: 'file',
      message:
        'Secrets are kept in /home/ada/.config/nightjar/secrets.json, because the keyring is out of reach. That file is only as safe ' +
        'as your account: every program that runs as you can read it.',
    },
  };
}

/** What a host does with secrets, on a list of the test's. */
export function secretHandlers(
  state: { secrets: Secrets },
  changed: () => void,
): Pick<Handlers, 'secrets.list' | 'secrets.set' | 'secrets.delete'> {
  const put = (name: string, fields: Pick<Secrets['secrets'][number], 'store' | 'setAt'>): void => {
    const others = state.secrets.secrets.filter((secret) => secret.name !== name);
    const jobs = state.secrets.secrets.find((secret) => secret.name === name)?.jobs ?? [];
    const all = fields.store === null && jobs.length === 0 ? others : [...others, { name, jobs, ...fields }];
    all.sort((a, b) => Number(a.store !== null) - Number(b.store !== null) || (a.name < b.name ? -1 : 1));
    state.secrets = { ...state.secrets, secrets: all };
    changed();
  };
  return {
    'secrets.list': () => state.secrets,
    'secrets.set': ({ name, value }) => {
      if (value.length < 4)
        throw new Failure('bad-secret', `${name} was not stored: a secret has at least 4 characters.`);
      put(name, { store: 'file', setAt: NOW });
      return { store: 'file' as const };
    },
    'secrets.delete': ({ name }) => {
      put(name, { store: null, setAt: null });
      return {};
    },
  };
}
