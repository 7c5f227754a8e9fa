import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { newRun, stateOn, T0, temporaryFolder } from './temporary-state.ts';

const module = (name: string) => new URL(`../../../electron/scheduler/${name}`, import.meta.url).href;

/** Queues, claims and ends runs as fast as it can, and says of each step that it is done once it is committed. */
const WRITER = (file: string) => `
  import fs from 'node:fs';
  const { openDatabase } = await import(${JSON.stringify(module('store/open-database.ts'))});
  const { JobQueue } = await import(${JSON.stringify(module('queue/job-queue.ts'))});
  const { RunStore } = await import(${JSON.stringify(module('store/run-store.ts'))});
  const db = openDatabase(${JSON.stringify(file)});
  const [queue, runs] = [new JobQueue(db), new RunStore(db)];
  const begin = queue.countWaiting() + db.prepare('SELECT count(*) FROM runs').pluck().get();
  for (let index = begin; ; index++) {
    const dueAt = ${T0} + index;
    const run = queue.enqueue(${JSON.stringify(newRun('a'))}, { schedule: 's', dueAt });
    fs.writeSync(1, 'queued ' + run.id + '\\n');
    if (index % 3 === 0) continue;
    queue.claim(run.id, 'child', dueAt);
    fs.writeSync(1, 'running ' + run.id + '\\n');
    if (index % 3 === 1) continue;
    runs.finishRun({ id: run.id, owner: 'child', state: 'succeeded', reason: null, exitCode: 0, at: dueAt });
    fs.writeSync(1, 'succeeded ' + run.id + '\\n');
  }`;

test('kill -9 in the middle of writing loses nothing that was committed', async () => {
  const file = path.join(await temporaryFolder(), 'nightjar.db');
  const said = new Map<number, string>();
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER(file)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const before = said.size;
    const lines = createInterface(child.stdout);
    lines.on('line', (line) => {
      const [state, id] = line.split(' ') as [string, string];
      said.set(Number(id), state);
      if (said.size === before + 40 + round * 13) child.kill('SIGKILL');
    });
    await Promise.all([once(child, 'exit'), once(lines, 'close')]);
    const db = openDatabase(file);
    const { runs, history } = stateOn(db);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    // A step may be on disk that the child could not say any more; none that it said may be missing.
    const order = ['queued', 'running', 'succeeded'];
    const lost = [...said].filter(([id, state]) => order.indexOf(runs.getRun(id)?.state ?? '') < order.indexOf(state));
    expect(lost).toEqual([]);
    const counted = db.prepare(`SELECT count(*) FROM runs`).pluck().get();
    expect(history.countRuns({})).toBe(counted);
    expect(db.prepare('SELECT count(*) FROM occurrences').pluck().get()).toBe(counted);
    db.close();
  }
  expect(said.size).toBeGreaterThan(150);
});
