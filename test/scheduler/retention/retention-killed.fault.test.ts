import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumOf } from '../../../electron/scheduler/store/run-sizes.ts';
import { T0 } from '../store/temporary-state.ts';
import { aHistory } from './a-history.ts';

const RUNS = 300;

test('killed at any moment, a removal leaves rows with their files, and no file without a row once it was swept', async () => {
  const { db, folder, work, run, store, history } = await aHistory();
  const script = join(import.meta.dirname, 'remove-until-killed.ts');
  const ids = () => history.listRuns({ job: 'a' }, { limit: 1_000 }).map(({ id }) => String(id));
  const folders = () =>
    readdirSync(join(folder, 'logs')).flatMap((thousand) => readdirSync(join(folder, 'logs', thousand)));
  // A kill that found all of it done, or nothing yet, has shown nothing: how many of them do is a matter of the machine.
  for (let [kills, inTheMiddle] = [0, 0]; inTheMiddle < 3; kills += 1) {
    expect(kills, 'kills for three in the middle').toBeLessThan(100);
    for (let n = ids().length; n < RUNS; n += 1) run('a', 'cancelled', { bytes: 10 });
    await work.measure();
    const child = spawn(process.execPath, [script, db.name, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    while (folders().length === RUNS && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    child.kill('SIGKILL');
    await exited;
    expect(ids().filter((id) => !folders().includes(id))).toEqual([]);
    await work.tidy({ now: T0 });
    expect(folders().sort()).toEqual(ids().sort());
    expect(sumOf(store.totalsOf('a').sizes)).toBe(10 * ids().length);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    if (ids().length > 0 && ids().length < RUNS) inTheMiddle += 1;
  }
});
