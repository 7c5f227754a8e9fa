import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import Docker from 'dockerode';
import { expect, test } from 'vitest';
import { dataIdOf } from '../../electron/scheduler/store/data-id.ts';
import { LogReader } from '../../electron/scheduler/log/log-reader.ts';
import { LABEL } from '../../electron/scheduler/executor/container-options.ts';
import { Served } from '../support/served.ts';

const KILLS = 50;
/** What a container prints, one line every 20 ms: longer than most lives of the scheduler, shorter than all of them. */
const LINES = 150;

interface Row {
  id: number;
  job: string;
  number: number;
  state: string;
  due_at: number | null;
  reason: string | null;
}

const files = (proof: string): Record<string, string> => ({
  'nightjar.yml': 'max_parallel_runs: 12\nmax_parallel_tasks: 24\ndefaults: { keep: { runs: 10000 } }\n',
  'short.yml': `scheduler: '* * * * * *'\noverlap: queue-all\non_missed: run-all\nsteps: [{ name: one, command: 'echo $NIGHTJAR_RUN >> ${proof}; echo done' }]\n`,
  'long.yml': `scheduler: '*/2 * * * * *'\noverlap: queue-one\nsteps: [{ name: one, command: 'echo $NIGHTJAR_RUN >> ${proof}; sleep 1; echo end' }]\n`,
  'container.yml': [
    "scheduler: '*/3 * * * * *'",
    'overlap: queue-one',
    'on_missed: skip',
    'steps:',
    '  - name: count',
    '    image: local/busybox',
    '    network: none',
    '    pull: never',
    `    command: 'i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); usleep 20000; done'`,
    '',
  ].join('\n'),
});

// Fifty lives of a scheduler of at most 1.2 s each, some start-up, and a check after each.
test(
  'killed at random moments fifty times, it runs every queued occurrence once, leaves nothing running and loses no line',
  { timeout: 900_000 },
  async () => {
    const served = await Served.make({});
    const proof = join(served.folder, 'proof');
    for (const [path, text] of Object.entries(files(proof))) await served.write(path, text);

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const { child, finished } = await served.serve();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_200));
      child.kill('SIGKILL');
      await finished;
      checkDatabase(served.data);
    }

    // The last life: no new occurrence, all that is left.
    for (const path of ['short.yml', 'long.yml', 'container.yml']) {
      await served.write(path, files(proof)[path]!.replace(/^scheduler.*\n/, ''));
    }
    const { child, finished } = await served.serve();
    await served.quiet(120_000);
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0, stderr: '' });

    const rows = checkDatabase(served.data);
    const ran = rows.filter(({ state }) => state !== 'skipped');
    expect(ran.filter(({ state }) => state !== 'succeeded' && state !== 'interrupted')).toEqual([]);
    expect(new Set(ran.map(({ job, due_at }) => `${job} ${due_at}`)).size).toBe(ran.length);

    const executed = existsSync(proof) ? readFileSync(proof, 'utf8').split('\n').filter(Boolean) : [];
    expect(new Set(executed).size, 'no process was executed twice').toBe(executed.length);
    const processes = ran.filter(({ job }) => job !== 'container');
    const succeeded = processes.filter(({ state }) => state === 'succeeded').map(({ id }) => String(id));
    expect(
      succeeded.filter((id) => !executed.includes(id)),
      'what succeeded was executed',
    ).toEqual([]);
    expect(succeeded.length).toBeGreaterThan(0);
    const seconds = rows.filter(({ job }) => job === 'short').map(({ due_at }) => due_at! / 1_000);
    expect(seconds, 'every second of its schedule was queued').toEqual(
      seconds.map((_, second) => seconds[0]! + second),
    );

    const containers = ran.filter(({ job }) => job === 'container');
    expect(containers.length).toBeGreaterThan(0);
    for (const run of containers) {
      expect(run).toMatchObject({ state: 'succeeded', reason: null });
      expect(await stdoutOf(served.data, run.id), `log of ${run.job}#${run.number}`).toEqual(
        Array.from({ length: LINES }, (_, line) => `line ${line}`),
      );
    }
    expect(await leftRunning(served.data)).toEqual({ containers: [], processes: [] });
    expect(existsSync(join(served.data, 'nightjar.log')), 'no bug was logged').toBe(false);
  },
);

function checkDatabase(data: string): Row[] {
  const db = new Sqlite(join(data, 'nightjar.db'));
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    return db.prepare<[], Row>('SELECT id, job, number, state, due_at, reason FROM runs ORDER BY id').all();
  } finally {
    db.close();
  }
}

async function stdoutOf(data: string, run: number): Promise<string[]> {
  const reader = new LogReader(join(data, 'logs', String(Math.floor(run / 1_000)), String(run)));
  return (await reader.slice({ streams: ['stdout'] }, 0, 10_000)).lines.map(({ text }) => text);
}

async function leftRunning(data: string) {
  const db = new Sqlite(join(data, 'nightjar.db'));
  const dataId = dataIdOf(db);
  db.close();
  const containers = await new Docker().listContainers({ all: true, filters: { label: [`${LABEL.data}=${dataId}`] } });
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `grep -l -a "NIGHTJAR_TASK_RUN=${dataId}-" /proc/[0-9]*/environ 2>/dev/null || true`,
  ]);
  return { containers: containers.map(({ Names }) => Names), processes: stdout.split('\n').filter(Boolean) };
}
