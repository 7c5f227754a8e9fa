import Docker from 'dockerode';
import { expect, test, vi } from 'vitest';
import { createExecutors } from '../../../electron/scheduler/executor/index.ts';
import { HOUR, MINUTE, SchedulerUnderTest } from '../../support/scheduler-under-test.ts';

const docker = new Docker();
const TASK =
  'image: local/busybox, pull: never, network: none, user: "1000:1000", workdir: /tmp, variables: { GREETING: hello }';
const REAL = { executors: createExecutors };

/** Everything on the engine that a run of this data folder left, containers and images. */
async function left(taskRunId: number, dataId: string): Promise<number> {
  const label = [`nightjar.data=${dataId}`, `nightjar.task=${taskRunId}`];
  const containers = await docker.listContainers({ all: true, filters: { label } });
  const images = await docker.listImages({ filters: { reference: [`nightjar-${dataId}/kept:*`] } });
  return containers.length + images.length;
}

async function dataIdOf(taskRunId: number, runId: number): Promise<string> {
  const label = [`nightjar.run=${runId}`, `nightjar.task=${taskRunId}`, 'nightjar.job=broken'];
  const containers = await docker.listContainers({ all: true, filters: { label } });
  const newest = containers.toSorted((a, b) => b.Created - a.Created)[0];
  return newest!.Labels['nightjar.data']!;
}

/** What the shell has shown, as soon as it has shown this. */
async function shown(under: SchedulerUnderTest, shell: number, expected: RegExp): Promise<string> {
  let text = '';
  await vi.waitFor(
    () => {
      text += under.scheduler.shells.read(shell, text.length).text;
      expect(text).toMatch(expected);
    },
    { timeout: 15_000, interval: 50 },
  );
  return text;
}

test('a failed task can be looked into for an hour, over a restart too; then nothing of it is left', async () => {
  const under = await SchedulerUnderTest.start({
    'broken.yml': `keep_container: on-failure\nsteps:\n- { name: bad, ${TASK}, command: 'echo made > made; exit 3' }\n`,
    'fine.yml': `keep_container: on-failure\nsteps:\n- { name: good, ${TASK}, command: 'true' }\n`,
  });
  await under.restart(0, REAL);
  const ended = async (job: string) => {
    const { id } = under.scheduler.addJob(job);
    await vi.waitFor(() => expect(under.scheduler.runs.get(id).endedAt).not.toBeNull(), { timeout: 20_000 });
    return under.scheduler.runs.get(id);
  };
  expect((await ended('fine')).kept).toEqual([]);
  const run = await ended('broken');
  const { taskRunId } = run.kept[0]!;
  expect(run.kept).toEqual([{ taskRunId, untilAt: under.clock.now() + HOUR }]);
  const dataId = await dataIdOf(taskRunId, run.id);

  await under.restart(MINUTE, REAL);
  const { shells } = under.scheduler;
  const shell = await shells.open(taskRunId, { columns: 99, rows: 33 });
  shells.write(shell, 'cat made; pwd; id -u; echo $GREETING; ls /sys/class/net; stty size\r');
  expect(await shown(under, shell, /33 99/)).toMatch(/made\r\n\/tmp\r\n1000\r\nhello\r\nlo\r\n33 99/);
  await shells.resize(shell, { columns: 120, rows: 40 });
  shells.write(shell, 'stty size; echo ä€ | cat; touch here; exit\r');
  await shown(under, shell, /40 120\r\n[^]*ä€\r\n/);
  await vi.waitFor(() => expect(shells.read(shell, 1e9).ended).toBe('The shell has ended.'), { timeout: 15_000 });
  const other = await shells.open(taskRunId, { columns: 80, rows: 24 });
  shells.write(other, 'ls; echo done\r');
  expect(await shown(under, other, /\ndone\r\n[^]*\$ /)).not.toContain('here');
  expect(await left(taskRunId, dataId)).toBe(3);

  under.clock.jump(HOUR);
  under.scheduler.wake();
  await vi.waitFor(() => expect(under.scheduler.runs.get(run.id).kept).toEqual([]), { timeout: 20_000 });
  expect(shells.read(other, 1e9).ended).toBe('Its hour is over: the container was removed.');
  expect(await left(taskRunId, dataId)).toBe(0);
  await expect(shells.open(taskRunId, { columns: 80, rows: 24 })).rejects.toThrow('is not kept any more');
});
