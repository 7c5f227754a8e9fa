import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SecretStore } from '../../electron/scheduler/secrets/secret-store.ts';
import { Served } from '../support/served.ts';

const BOX = 'image: local/busybox, network: none, pull: never';
/** Says the secret as it is and in base64, for as long as a crash and a restart take. */
const loop = (name: string, turns: number): string =>
  `i=0; while [ $i -lt ${turns} ]; do echo "$i $${name}"; printf %s "$${name}" | base64; sleep 0.1; i=$((i+1)); done`;

/** Names that no other test's containers have. */
const [KEPT, OTHER] = [`kept-${process.pid}`, `other-${process.pid}`];

test('after kill -9 a log is masked on, and a run whose secret was replaced meanwhile is stopped instead', async () => {
  const served = await Served.make({
    [`${KEPT}.yml`]: `secrets: [KEPT]\nsteps: [{ name: one, ${BOX}, command: '${loop('KEPT', 40)}' }]\n`,
    [`${OTHER}.yml`]: `secrets: [OTHER]\nsteps: [{ name: one, ${BOX}, command: '${loop('OTHER', 6000)}' }]\n`,
  });
  const file = join(served.folder, 'secrets.json');
  const secrets = new SecretStore({ file, mayUseKeyring: false });
  await secrets.set('KEPT', 'correct horse', 'file', 1);
  await secrets.set('OTHER', 'battery staple', 'file', 1);
  const environment = { NIGHTJAR_SECRETS: file };
  const first = await served.serve([], environment);
  const logOf = (id: number): Promise<string> => readFile(join(served.data, `logs/0/${id}/run.log`), 'utf8');
  const begun = async (job: string): Promise<number> => {
    const { id } = await served.call((client) => client.call('queue.next', { job }));
    await vi.waitFor(async () => expect((await logOf(id)).split('\n').length).toBeGreaterThan(10), {
      timeout: 25_000,
      interval: 50,
    });
    return id;
  };
  // The one that ends by itself comes last, so that it has hardly begun when the first is killed.
  const other = await begun(OTHER);
  const kept = await begun(KEPT);

  const ownContainers = async () => {
    const all = await new Docker().listContainers({ all: true });
    return all.filter(({ Labels }) => [KEPT, OTHER].includes(Labels['nightjar.job'] ?? ''));
  };
  onTestFinished(async () => {
    for (const { Id } of await ownContainers()) await new Docker().getContainer(Id).remove({ force: true });
  });

  // What anybody sees who may look at containers: all of it but the environment is without the value.
  const own = await ownContainers();
  expect(own).toHaveLength(2);
  expect(JSON.stringify(own)).not.toMatch(/correct horse|battery staple/);

  first.child.kill('SIGKILL');
  await first.finished;
  await secrets.set('OTHER', 'another value', 'file', 2);
  const second = await served.serve([], environment);
  const stateOf = async (id: number) => {
    const { state, reason } = await served.call((client) => client.call('runs.get', { run: id }));
    return { state, reason };
  };
  await vi.waitFor(
    async () => {
      expect(await stateOf(kept)).toEqual({ state: 'succeeded', reason: null });
      expect(await stateOf(other)).toMatchObject({
        state: 'interrupted',
        reason: expect.stringContaining('its log could not be masked any more: OTHER was replaced meanwhile'),
      });
    },
    { timeout: 40_000, interval: 100 },
  );
  const plain = (await logOf(kept)).split('\n').filter((line) => /^\d+ /.test(line));
  expect(plain).toEqual(Array.from({ length: 40 }, (_, turn) => `${turn} •••••`));
  const hidden = /correct horse|battery staple|another value|Y29ycmVjdCBob3|YmF0dGVyeSBzdGFwb|Aw==/;
  for (const id of [kept, other]) expect(await logOf(id)).not.toMatch(hidden);
  expect(await ownContainers()).toEqual([]);
  second.child.kill('SIGTERM');
  await second.finished;
}, 120_000);
