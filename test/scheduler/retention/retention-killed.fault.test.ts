import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumOf } from '../../../electron/scheduler/store/run-sizes.ts';
import { T0 } from '../store/temporary-state.ts';
import { aHistory } from './a-history.ts';

test('killed at any moment, a removal leaves rows with their files, and no file without a row once it was swept', async () => {
  const { db, folder, work, run, store, history } = await aHistory();
  for (let n = 0; n < 300; n += 1) run('a', 'cancelled', { bytes: 10 });
  await work.measure();
  const script = join(import.meta.dirname, 'remove-until-killed.ts');
  const left = [300];
  for (const ms of [5, 25, 60]) {
    const child = spawn(process.execPath, [script, db.name, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGKILL');
    await exited;
    const ids = () => history.listRuns({ job: 'a' }, { limit: 1_000 }).map(({ id }) => String(id));
    const folders = () => readdirSync(join(folder, 'logs', '0'));
    expect(ids().filter((id) => !folders().includes(id))).toEqual([]);
    await work.tidy({ now: T0 });
    expect(folders().sort()).toEqual(ids().sort());
    expect(sumOf(store.totalsOf('a').sizes)).toBe(10 * ids().length);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    left.push(ids().length);
  }
  // It was killed in the middle, or nothing was shown.
  expect(left.at(-1)).toBeLessThan(300);
  expect(left.some((count) => count > 0 && count < 300)).toBe(true);
});
