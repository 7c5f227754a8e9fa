import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { beforeAll, expect, test, vi } from 'vitest';
import { buildDesktop } from '../support/desktop-under-test.ts';
import { Served } from '../support/served.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'jobs');

// The engine's client of the built program is a part of dockerode only. And the samples name busybox:1.37, as a user would; nothing can
// be pulled here, so the local image stands in under that name.
beforeAll(async () => {
  await buildDesktop();
  await new Docker().getImage('local/busybox').tag({ repo: 'busybox', tag: '1.37' });
}, 240_000);

test('the container sample runs three tasks in parallel, then one', async () => {
  const served = await Served.make({});
  await cp(SAMPLES, join(served.folder, 'jobs'), { recursive: true });
  const { code, stdout, stderr } = await served.run(['run', 'containers/parallel']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('containers/parallel#1 succeeded') });
  const tasks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|')[0]?.trim());
  const last = tasks.at(-1);
  expect(new Set(tasks.filter((task) => task !== last && task !== 'nightjar')).size).toBe(3);
  expect(tasks.indexOf(last)).toBeGreaterThan(tasks.findLastIndex((task) => task !== last && task !== 'nightjar'));
});

test('proof of the order: containers of a group live at the same time, the next group after all of them', async () => {
  // Each ends when all four are there, so it ends only where they live at the same time.
  const box = 'image: local/busybox, network: none, pull: never';
  const together = ['a', 'b', 'c', 'd'].map(
    (name) =>
      `      - { name: ${name}, ${box}, command: 'echo begin; touch here.${name}; until [ "$(ls | grep -c here)" = 4 ]; do sleep 0.1; done; echo end' }`,
  );
  const served = await Served.make({
    'code/README': '',
    'order.yml': [
      'repo: ./code',
      'steps:',
      '  - name: together',
      '    tasks:',
      ...together,
      `  - { name: last, ${box}, command: 'echo end' }`,
      '',
    ].join('\n'),
  });
  const { child, finished } = await served.serve();
  await served.call((client) => client.call('queue.next', { job: 'order' }));
  const run = await vi.waitFor(
    async () => {
      const detail = await served.call((client) => client.call('runs.get', { run: 'order#1' }));
      expect(detail.state).toBe('succeeded');
      return detail;
    },
    { timeout: 30_000, interval: 100 },
  );
  const slice = await served.call((client) => client.call('log.slice', { run: run.id, from: 0, count: 100 }));
  const spans = run.tasks.map(({ id }) =>
    slice.lines.filter((line) => line.taskRunId === id && line.stream === 'stdout').map(({ at }) => at),
  );
  const [last, ...first] = spans.reverse();
  expect(first).toHaveLength(4);
  expect(first.map((span) => span.length)).toEqual([2, 2, 2, 2]);
  expect(last![0]).toBeGreaterThan(Math.max(...first.map((span) => span[1]!)));
  expect(run.tasks.every(({ imageDigest }) => imageDigest?.startsWith('sha256:'))).toBe(true);
  child.kill('SIGTERM');
  await finished;
});

test('without an engine, process tasks go on and container runs wait for it with the reason', async () => {
  const served = await Served.make({
    'box.yml': "steps: [{ name: one, image: local/busybox, command: 'true' }]\n",
    'plain.yml': "steps: [{ name: one, command: 'true' }]\n",
  });
  const { child, finished } = await served.serve([], { DOCKER_HOST: `unix://${join(served.folder, 'no.sock')}` });
  await served.call((client) => client.call('queue.next', { job: 'box' }));
  await served.call((client) => client.call('queue.next', { job: 'plain' }));
  await vi.waitFor(
    async () => {
      const { waiting } = await served.call((client) => client.call('queue.get', {}));
      expect(waiting).toMatchObject([{ job: 'box', cause: 'engine-unavailable' }]);
      expect(waiting[0]?.reason).toBe('Docker does not answer.');
      expect(await served.call((client) => client.call('runs.get', { run: 'plain#1' }))).toMatchObject({
        state: 'succeeded',
      });
    },
    { timeout: 15_000, interval: 100 },
  );
  child.kill('SIGTERM');
  await finished;
});

test('a repo is mounted at /workspace and its files are what the container sees', async () => {
  const served = await Served.make({
    'repo.yml':
      "repo: ./code\nsteps: [{ name: one, image: local/busybox, network: none, pull: never, command: 'pwd; cat hello.txt; echo made > made.txt' }]\n",
    'code/hello.txt': 'from the repo\n',
  });
  const { code, stdout } = await served.run(['run', 'repo']);
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.split('| ')[1])).toEqual(['/workspace', 'from the repo', undefined]);
});

test('the samples that build an image and that leave a container: the first reports, the second is looked into', async () => {
  const served = await Served.make({});
  await cp(SAMPLES, join(served.folder, 'jobs'), { recursive: true });
  const built = await served.run(['run', 'containers/build']);
  expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining('containers/build#1 succeeded') });
  expect(built.stdout).toMatch(/in an image of its own, with Dockerfile[^]*report\.sh/);
  expect(built.stdout).not.toContain('README.md');

  const { child, finished } = await served.serve();
  const run = await served.call((client) => client.call('queue.next', { job: 'containers/look-inside' }));
  const kept = await vi.waitFor(
    async () => {
      const detail = await served.call((client) => client.call('runs.get', { run: run.id }));
      expect(detail).toMatchObject({ state: 'failed', exitCode: 3 });
      expect(detail.kept).toHaveLength(1);
      return detail.kept[0]!;
    },
    { timeout: 30_000, interval: 100 },
  );
  const { code, stdout, stderr } = await served.spawn(['shell', 'containers/look-inside#1'], {}, 'cat why.txt; exit\n')
    .finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'The shell has ended.\n' });
  expect(stdout).toContain('what went wrong is written here');
  await served.call((client) => client.call('kept.remove', { taskRunId: kept.taskRunId }));
  const again = await served.run(['shell', 'containers/look-inside#1']);
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No container of containers/look-inside#1 is kept'),
  });
  child.kill('SIGTERM');
  await finished;
  const docker = new Docker();
  for (const { Id } of await docker.listImages({ filters: { reference: ['nightjar-*/report-image'] } })) {
    await docker.getImage(Id).remove({ force: true });
  }
});
