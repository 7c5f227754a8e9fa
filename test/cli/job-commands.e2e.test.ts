import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nightjar, OLD_NODE, startNightjar } from './nightjar.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nightjar-cli-'));
  await mkdir(path.join(folder, 'jobs/reports'), { recursive: true });
  await writeFile(
    path.join(folder, 'jobs/backup.yml'),
    'scheduler: "0 2 * * *"\ntimezone: UTC\nsteps:\n  - { name: copy, command: "true" }\n',
  );
  await writeFile(
    path.join(folder, 'jobs/reports/disk.yml'),
    'scheduler: "0 0 30 2 *"\nsteps:\n  - { name: df, comand: df }\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inFolder = () => ({ cwd: folder, environment: { MELT_JOBS_HOME: 'jobs' } });

test.concurrent('validate names every problem of the home as file:line:column and exits with 1', async () => {
  const { code, stdout, stderr } = await nightjar(['validate'], inFolder());
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^jobs\/reports\/disk\.yml:1:\d+: .*`0 0 30 2 \*` never fires/m);
  expect(stdout).toMatch(/^jobs\/reports\/disk\.yml:3:\d+: .*did you mean `command`/m);
  expect(stdout).toMatch(/^2 files: \d errors/m);
  expect(code).toBe(1);
});

test.concurrent('validate of a good file alone exits with 0', async () => {
  const { code, stdout } = await nightjar(['validate', 'jobs/backup.yml'], inFolder());
  expect([code, stdout]).toEqual([0, '1 file: no problems.\n']);
});

test.concurrent('validate --json is an array of problems', async () => {
  const { code, stdout } = await nightjar(['validate', '--json', 'jobs/reports/disk.yml'], inFolder());
  const problems = JSON.parse(stdout);
  expect(problems.length).toBeGreaterThanOrEqual(2);
  expect(problems[0]).toMatchObject({ file: 'jobs/reports/disk.yml', line: 1, severity: 'error' });
  expect(code).toBe(1);
});

test.concurrent('validate of a file that is not there says so in one sentence', async () => {
  const { code, stdout, stderr } = await nightjar(['validate', 'jobs/none.yml'], inFolder());
  expect([code, stdout, stderr]).toEqual([1, '', `There is no file ${path.join(folder, 'jobs/none.yml')}.\n`]);
});

test.concurrent('list shows each job with its schedule in words, when it is due, and its problems', async () => {
  const { code, stdout } = await nightjar(['list'], inFolder());
  expect(stdout).toMatch(
    /^JOB +SCHEDULE +NEXT +PROBLEMS\nbackup +daily 02:00 +\S+.*\nreports\/disk +by hand +- +\d errors\n/,
  );
  expect(stdout).toContain('jobs/reports/disk.yml:1:');
  expect(code).toBe(0);
});

test.concurrent('list --json is an array of jobs', async () => {
  const { stdout } = await nightjar(['list', '--json'], inFolder());
  const jobs = JSON.parse(stdout);
  expect(jobs).toHaveLength(2);
  expect(jobs[0]).toMatchObject({
    id: 'backup',
    pipelineName: 'backup',
    timezone: 'UTC',
    schedules: [{ expression: '0 2 * * *', words: 'daily 02:00' }],
    nextDueAt: expect.any(Number),
    problems: [],
  });
});

test.concurrent('a jobs home that is not there is a sentence', async () => {
  const { code, stderr } = await nightjar(['list', '--home', path.join(folder, 'nowhere')], inFolder());
  expect([code, stderr]).toEqual([
    1,
    `There is no folder ${folder}/nowhere to read jobs from; make it, or name another with --home.\n`,
  ]);
});

test.concurrent('the samples of a checkout are found without a word, and are valid', async () => {
  const { code, stdout } = await nightjar(['validate']);
  expect(stdout).toMatch(/^\d+ files: no problems\.\n$/);
  expect(code).toBe(0);
});

test.concurrent.each([
  [['lst'], "Unknown command 'lst' (Did you mean list?). See `nightjar --help`."],
  [['list', '--jsn'], "Unknown option '--jsn' (Did you mean --json?). See `nightjar --help`."],
  [['next'], "Missing required argument 'job'. See `nightjar --help`."],
  [['cancel', 'hello'], '`hello` names no run; write its id as `12`, or `job#12`. `nightjar runs` lists them.'],
  [['pause', '--for', 'soon'], '`--for soon` is no duration; write `90s`, `10m`, `1h` or `2d`.'],
  [['run', 'hello', '--var', 'x'], '`--var x` is no pair; write `--var NAME=VALUE`.'],
])('%j is wrong usage: one sentence, exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await nightjar(args);
  expect([code, stdout, stderr]).toEqual([2, '', `${message}\n`]);
});

test.concurrent('help that is asked for is an answer, and without a command it is a reproach', async () => {
  const asked = await nightjar(['--help']);
  expect([asked.code, asked.stderr]).toEqual([0, '']);
  expect(asked.stdout).toContain('validate');
  const reproached = await nightjar([]);
  expect([reproached.code, reproached.stdout]).toEqual([2, '']);
  expect(reproached.stderr).toContain('Usage: nightjar');
});

test.concurrent('a reader that has seen enough ends the command quietly', async () => {
  const { child, ended } = startNightjar(['list', '--json']);
  child.stdout?.destroy();
  const { stderr, code } = await ended;
  expect([stderr, code]).toEqual(['', 0]);
});

test.skipIf(OLD_NODE === undefined)(
  'the Node of the machine, however old, gives the same answer and the same exit code',
  async () => {
    const { code, stdout, stderr } = await nightjar(['validate', 'jobs/reports/disk.yml'], {
      ...inFolder(),
      node: OLD_NODE ?? '',
    });
    expect(stdout).toContain('did you mean `command`');
    expect([code, stderr]).toEqual([1, '']);
    const usage = await nightjar(['lst'], { node: OLD_NODE ?? '' });
    expect(usage.code).toBe(2);
  },
);
