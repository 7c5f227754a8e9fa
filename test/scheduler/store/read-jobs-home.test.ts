import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bindToJobsHome, readJobsHome } from '../../../electron/scheduler/store/bound-home.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';

test('the home that a data folder was first used with is read without opening it for good', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-home-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'nightjar.db');
  expect(readJobsHome(file)).toBeNull();
  const db = openDatabase(file);
  expect(readJobsHome(file)).toBeNull();
  bindToJobsHome(db, '/somewhere/jobs');
  expect(readJobsHome(file)).toBe('/somewhere/jobs');
  db.close();
  await writeFile(file, 'not a database');
  expect(readJobsHome(file)).toBeNull();
});
