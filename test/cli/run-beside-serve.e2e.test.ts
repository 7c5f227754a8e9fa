import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Served } from '../support/served.ts';

const detail = (served: Served, run: string) => served.call((client) => client.call('runs.get', { run }));

test('a `run` that is killed is taken up by the Nightjar that serves within seconds', async () => {
  const served = await Served.make({
    'long.yml': 'steps: [{ name: work, command: "touch began; exec sleep 3217" }]\n',
  });
  await served.serve();
  const { child, finished } = served.spawn(['run', 'long']);
  await vi.waitFor(
    async () => {
      const run = await detail(served, 'long#1');
      expect(run.tasks[0]?.state).toBe('running');
      // Before it has begun, a task whose scheduler is killed is simply executed by the other.
      expect(existsSync(join(served.folder, 'jobs', 'began'))).toBe(true);
    },
    { timeout: 25_000, interval: 50 },
  );
  const infos = readdirSync(join(served.data, 'locks')).filter((name) => name.endsWith('.json'));
  const instances = infos.map(
    (name) => JSON.parse(readFileSync(join(served.data, 'locks', name), 'utf8')) as { pid: number; host: string },
  );
  process.kill(instances.find(({ host }) => host === 'cli')!.pid, 'SIGKILL');
  child.kill('SIGKILL');
  await finished;
  await vi.waitFor(async () => expect((await detail(served, 'long#1')).state).toBe('interrupted'), {
    timeout: 30_000,
    interval: 100,
  });
  const [job] = await served.call((client) => client.call('jobs.list', {}));
  expect(job).toMatchObject({ state: 'idle', last: { state: 'interrupted' } });
}, 90_000);

test('a `run` of a job that is tried again says how the last attempt ended, whoever executed it', async () => {
  const once =
    'retry: { limit: 1, interval: 1s }\nsteps: [{ name: work, command: "exit $((5 - NIGHTJAR_ATTEMPT))" }]\n';
  const served = await Served.make({ 'again.yml': once });
  await served.serve();
  const { code, stderr } = await served.run(['run', 'again']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('exit 3')]);
  expect(await detail(served, 'again#1')).toMatchObject({ state: 'failed', attempt: 2, exitCode: 3 });
});
