import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { Served } from '../support/served.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'jobs');
const SOON = { timeout: 20_000, interval: 50 };
/** Sleeps that no other test, nor what an earlier one left behind, is taken for. */
const sleep = (seconds: number): string => `sleep ${seconds}.${process.pid}`;

/** Each of the three ends when all of them are there, so it ends only where they run at the same time. */
const parallelThenOne = [
  'steps:',
  '  - name: together',
  '    tasks:',
  ...['a', 'b', 'c'].map(
    (name) =>
      `      - { name: ${name}, command: 'echo ${name} begins; touch ${name}.here; until [ -e a.here -a -e b.here -a -e c.here ]; do sleep 0.05; done; echo ${name} ends' }`,
  ),
  "  - { name: last, command: 'echo last' }",
  '',
].join('\n');

test("Orchestrate's example job runs through the shared pipeline of nightjar.yml", async () => {
  const served = await Served.make({});
  await cp(SAMPLES, join(served.folder, 'jobs'), { recursive: true });
  const { code, stdout } = await served.run(['run', 'example_job']);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^check\/(variables|machine) +\| /);
  expect(lines).toContain('check/variables | TEST_PIPELINE is true');
  expect(lines.at(-1)).toMatch(/^finish +\| Both are done, TEST_PIPELINE is still true$/);
});

test('three tasks run in parallel, then one', async () => {
  const served = await Served.make({ 'order.yml': parallelThenOne });
  const { code, stdout } = await served.run(['run', 'order']);
  expect(code).toBe(0);
  const said = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('| ')[1]);
  expect(said.slice(0, 6).sort()).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(said.slice(6)).toEqual(['last']);
});

test('run exits with 1 when the job failed, and says how', async () => {
  const served = await Served.make({ 'bad.yml': "steps: [{ name: one, command: 'echo to stderr >&2; exit 3' }]\n" });
  const { code, stdout, stderr } = await served.run(['run', 'bad']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('one      | to stderr\n') });
  expect(stderr).toMatch(/^bad#1 failed: exit 3 in one, \d/);
});

test('handlers run after the steps and know the outcome, also after a cancel', async () => {
  const told = "{ name: told, command: 'echo $NIGHTJAR_OUTCOME, $NIGHTJAR_REASON' }";
  const served = await Served.make({
    'bad.yml': `steps: [{ name: one, command: 'exit 3' }]\non_failure: [${told}]\n`,
    'long.yml': `steps: [{ name: one, command: '${sleep(323)}' }]\non_cancel: [${told}]\n`,
  });
  expect((await served.run(['run', 'bad'])).stdout).toContain('| failed, exit 3 in one\n');
  const { child, finished } = served.spawn(['run', 'long']);
  await vi.waitFor(async () => expect(await pidsOf(sleep(323))).not.toEqual([]), SOON);
  child.kill('SIGINT');
  expect((await finished).stdout).toContain('| cancelled, by you, in task one\n');
});

test('run takes a file from anywhere, and variables and params from the command line', async () => {
  const served = await Served.make({
    'in/other.yml':
      "variables: { WHO: file }\nparams: { times: { type: number, default: 1 } }\nsteps: [{ name: one, command: 'echo $WHO $times' }]\n",
  });
  const run = ['run', join(served.folder, 'jobs/in/other.yml'), '--var', 'WHO=me', '--var'];
  const { code, stdout } = await served.run([...run, 'times=3']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'one      | me 3\n' });
  expect(await served.run([...run, 'tims=3'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'in/other cannot run so: it has no param `tims` (did you mean `times`?).\n',
  });
});

test('run exits with 1 and names every variable that the job requires and that is missing', async () => {
  const served = await Served.make({
    'env.yml': "requires_env: [NIGHTJAR_T_A, NIGHTJAR_T_B]\nsteps: [{ name: one, command: 'true' }]\n",
  });
  expect(await served.run(['run', 'env'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "env requires what is not set here: NIGHTJAR_T_A, NIGHTJAR_T_B. Set it in your shell's profile, or before the command.\n",
  });
  const set = { NIGHTJAR_T_A: '1', NIGHTJAR_T_B: '2' };
  expect(await served.run(['run', 'env'], set)).toMatchObject({ code: 0 });
});

test('Ctrl-C cancels a run cleanly: its tree is gone, its state says by whom', async () => {
  const served = await Served.make({ 'long.yml': `steps: [{ name: one, command: 'echo up; ${sleep(321)}' }]\n` });
  const { child, finished } = served.spawn(['run', 'long']);
  await vi.waitFor(async () => expect(await pidsOf(sleep(321))).not.toEqual([]), SOON);
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(1);
  expect(stderr).toContain('long#1 cancelled: by you, in task one');
  expect(await pidsOf(sleep(321))).toEqual([]);
});

test('serve says where it is, next runs a job, and SIGTERM ends it with success', async () => {
  const served = await Served.make({ 'hello.yml': "steps: [{ name: one, command: 'echo hello' }]\n" });
  const { child, finished } = await served.serve();
  expect(await served.run(['next', 'hello'])).toMatchObject({
    code: 0,
    stdout: 'hello#1 is next in the queue; its id is 1.\n',
  });
  expect((await served.run(['logs', 'hello#1', '-f'])).stdout).toBe('one      | hello\n');
  const runs = JSON.parse((await served.run(['runs', '--json'])).stdout) as object[];
  expect(runs).toEqual([
    expect.objectContaining({
      id: 1,
      job: 'hello',
      trigger: 'manual',
      state: 'succeeded',
      reason: null,
      dueAt: null,
      exitCode: 0,
    }),
  ]);
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/Stopping\.\n$/) });
  expect(await served.run(['status'])).toMatchObject({ code: 3 });
});

test('the first SIGTERM drains, the second one stops what runs as interrupted', async () => {
  const served = await Served.make({ 'long.yml': `steps: [{ name: one, command: '${sleep(322)}' }]\n` });
  const { child, finished } = await served.serve();
  await served.call((client) => client.call('queue.next', { job: 'long' }));
  await vi.waitFor(async () => expect(await pidsOf(sleep(322))).not.toEqual([]), SOON);
  child.kill('SIGTERM');
  await vi.waitFor(async () => {
    const { isDraining, running } = await served.call((client) => client.call('status', {}));
    expect({ isDraining, running }).toEqual({ isDraining: true, running: 1 });
  }, SOON);
  // Two signals within 0.4 s are one wish.
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 0 });
  expect(await pidsOf(sleep(322))).toEqual([]);
  const again = await served.serve();
  expect(await served.call((client) => client.call('runs.get', { run: 'long#1' }))).toMatchObject({
    state: 'interrupted',
    reason: 'Nightjar was stopped, in task one',
  });
  again.child.kill('SIGTERM');
  await again.finished;
});

test('of two serves on one data folder the newer takes over; the older finishes its run and exits 0', async () => {
  const served = await Served.make({
    'long.yml': "steps: [{ name: one, command: 'until [ -e go ]; do sleep 0.05; done; echo done' }]\n",
    'short.yml': "steps: [{ name: one, command: 'true' }]\n",
  });
  const older = await served.serve();
  await served.call((client) => client.call('queue.next', { job: 'long' }));
  await vi.waitFor(async () => {
    expect(await served.call((client) => client.call('status', {}))).toMatchObject({ running: 1 });
  }, SOON);
  const newer = await served.serve();
  expect(await served.call((client) => client.call('status', {}))).toMatchObject({
    pid: newer.child.pid,
    running: 1,
    olderRuns: 1,
  });
  await served.call((client) => client.call('queue.next', { job: 'short' }));
  await vi.waitFor(async () => {
    expect(await served.call((client) => client.call('runs.get', { run: 'short#1' }))).toMatchObject({
      state: 'succeeded',
    });
  }, SOON);
  await served.write('go', '');
  expect(await older.finished).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('A newer Nightjar has taken over. 1 run finishes first.'),
  });
  expect(await served.call((client) => client.call('runs.get', { run: 'long#1' }))).toMatchObject({
    state: 'succeeded',
  });
  newer.child.kill('SIGTERM');
  expect(await newer.finished).toMatchObject({ code: 0 });
});

test('serve --require-env refuses to start and names all; plain serve says so and lets those runs wait', async () => {
  const served = await Served.make({
    'env.yml': "requires_env: [NIGHTJAR_T_A, NIGHTJAR_T_B]\nsteps: [{ name: one, command: 'true' }]\n",
  });
  expect(await served.run(['serve', '--require-env'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Not started, because --require-env is given and these are not set: NIGHTJAR_T_A, NIGHTJAR_T_B.\n',
  });
  const { child, finished } = await served.serve();
  await served.call((client) => client.call('queue.next', { job: 'env' }));
  const { waiting } = await served.call((client) => client.call('queue.get', {}));
  expect(waiting[0]).toMatchObject({ cause: 'missing-environment', reason: 'Not set: NIGHTJAR_T_A, NIGHTJAR_T_B.' });
  child.kill('SIGTERM');
  expect((await finished).stdout).toContain('Not set: NIGHTJAR_T_A, NIGHTJAR_T_B. The runs that need them wait');
});

test('doctor names everything that is missing at once, and exits with 1', async () => {
  const served = await Served.make({
    'env.yml': "requires_env: [NIGHTJAR_T_A, NIGHTJAR_T_B]\nsteps: [{ name: one, command: 'true' }]\n",
  });
  const { code, stdout } = await served.run(['doctor', '--json'], { DOCKER_HOST: 'unix:///nowhere.sock' });
  expect(code).toBe(1);
  const checks = JSON.parse(stdout) as { name: string; isOk: boolean; message: string }[];
  expect(checks.filter(({ isOk }) => !isOk).map(({ message }) => message)).toEqual([
    "NIGHTJAR_T_A is not set; env requires it. Set it in your shell's profile.",
    "NIGHTJAR_T_B is not set; env requires it. Set it in your shell's profile.",
  ]);
  expect(checks.map(({ name }) => name)).toEqual([
    'engine',
    'jobs home',
    'database',
    'storage',
    'node',
    'git',
    'environment',
    'environment',
    'secrets',
  ]);
});

test('a data folder keeps its secrets: only its owner may look into it, or at the token', async () => {
  const served = await Served.make({});
  const { child, finished } = await served.serve();
  const { stdout } = await promisify(execFile)('stat', ['-c', '%a', served.data, join(served.data, 'endpoint.json')]);
  expect(stdout).toBe('700\n600\n');
  const { token } = JSON.parse(await readFile(join(served.data, 'endpoint.json'), 'utf8')) as { token: string };
  child.kill('SIGTERM');
  await finished;
  const again = await served.serve();
  expect(JSON.parse(await readFile(join(served.data, 'endpoint.json'), 'utf8'))).not.toMatchObject({ token });
  again.child.kill('SIGTERM');
  await again.finished;
});

async function pidsOf(command: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `pgrep -f -x ${JSON.stringify(command)} || true`]);
  return stdout.split('\n').filter(Boolean);
}
