import fs from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { JobQueue } from '../../../electron/scheduler/queue/job-queue.ts';
import { bindToJobsHome, jobsHomeOf } from '../../../electron/scheduler/store/bound-home.ts';
import { migrate, MIGRATIONS, versionOf } from '../../../electron/scheduler/store/migrate.ts';
import { needsMigration, openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { RunStore } from '../../../electron/scheduler/store/run-store.ts';
import { temporaryFolder, temporaryState } from './temporary-state.ts';

const file = async () => path.join(await temporaryFolder(), 'data', 'nightjar.db');

test('a data folder that does not exist yet is made, for the user alone', async () => {
  const name = await file();
  openDatabase(name).close();
  expect(fs.statSync(path.dirname(name)).mode & 0o777).toBe(0o700);
  expect(fs.statSync(name).mode & 0o777).toBe(0o600);
});

test('an empty database gets every migration; opening it again changes nothing', async () => {
  const name = await file();
  expect(needsMigration(name)).toBe(false);
  const db = openDatabase(name);
  const shape = () => db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  const first = shape();
  expect(versionOf(db)).toBe(MIGRATIONS.length);
  migrate(db);
  expect(shape()).toEqual(first);
  db.close();
  expect(needsMigration(name)).toBe(false);
});

test('migrations are numbered without a gap, and every table is strict', async () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  const { db } = await temporaryState();
  const loose = db
    .prepare(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`,
    )
    .all();
  expect(loose).toEqual([]);
});

test('a database of the last version keeps its rows through the next migration', async () => {
  const { db } = await temporaryState();
  db.prepare(`INSERT INTO settings VALUES ('theme', '"dark"')`).run();
  const next = { version: MIGRATIONS.length + 1, name: 'next', sql: 'ALTER TABLE settings ADD COLUMN set_at INTEGER' };
  migrate(db, [...MIGRATIONS, next]);
  expect(versionOf(db)).toBe(next.version);
  expect(db.prepare('SELECT * FROM settings').all()).toEqual([{ key: 'theme', value: '"dark"', set_at: null }]);
});

test('the CHECKs of a database of before are the same, and cost no table for each row', async () => {
  const name = path.join(await temporaryFolder(), 'nightjar.db');
  const old = new Sqlite(name);
  migrate(old, MIGRATIONS.slice(0, 10));
  const run = (state: string, trigger: string, of = old) =>
    of
      .prepare(
        `INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, position, owner, started_at, ended_at)
         VALUES ('a', (SELECT count(*) FROM runs), 'a', ?, ?, 1, ?, ?, ?, ?)`,
      )
      .run(
        trigger,
        state,
        state === 'queued' ? 1 : null,
        state === 'running' ? 'o' : null,
        1,
        ['queued', 'running'].includes(state) ? null : 1,
      );
  run('queued', 'missed');
  old.close();
  const db = openDatabase(name);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.prepare('SELECT state, trigger FROM runs').all()).toEqual([{ state: 'queued', trigger: 'missed' }]);
  for (const state of ['running', 'succeeded', 'failed', 'cancelled', 'timed-out', 'interrupted', 'skipped']) {
    expect(() => run(state, 'scheduled', db)).not.toThrow();
  }
  for (const trigger of ['manual', 'after']) expect(() => run('failed', trigger, db)).not.toThrow();
  expect(() => run('done', 'manual', db)).toThrow(/CHECK constraint failed: state/);
  expect(() => run('failed', 'whim', db)).toThrow(/CHECK constraint failed: trigger/);
  const task = `INSERT INTO task_runs (run_id, part, group_name, group_index, task_index, name, executor, run_attempt, attempt, attempts, state)
    VALUES (1, ?, 'a', 0, 0, 'a', ?, 1, ?, 1, ?)`;
  db.prepare(task).run('always', 'github', 1, 'waiting');
  expect(() => db.prepare(task).run('never', 'github', 2, 'waiting')).toThrow(/CHECK constraint failed: part/);
  expect(() => db.prepare(task).run('always', 'jenkins', 2, 'waiting')).toThrow(/CHECK constraint failed: executor/);
  expect(() => db.prepare(task).run('always', 'github', 2, 'queued')).toThrow(/CHECK constraint failed: state/);
  for (const table of ['runs', 'task_runs']) {
    const program = db
      .prepare<[], { opcode: string }>(`EXPLAIN UPDATE ${table} SET state = 'running' WHERE id = 1`)
      .all();
    expect(program.map(({ opcode }) => opcode)).not.toContain('OpenEphemeral');
  }
  expect(() => db.prepare(`UPDATE sqlite_schema SET sql = ''`).run()).toThrow(/may not be modified/);
  db.close();
});

test('what was queued before definitions lost their texts still knows its definition, and takes it along when it goes', async () => {
  const name = path.join(await temporaryFolder(), 'nightjar.db');
  const old = new Sqlite(name);
  migrate(old, MIGRATIONS.slice(0, 11));
  old.exec(`INSERT INTO definitions (hash, text) VALUES ('one', '{"id":"one"}'), ('two', '{"id":"two"}')`);
  old.exec(`INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, position, definition_id)
    VALUES ('one', 1, 'one', 'manual', 'queued', 1, 1, 1), ('two', 1, 'two', 'manual', 'queued', 1, 2, 2)`);
  old.close();
  const db = openDatabase(name);
  expect(new RunStore(db).definitionOf(2)).toMatchObject({ id: 'two' });
  db.exec('DELETE FROM runs WHERE id = 1');
  expect(db.prepare('SELECT definition_id, text FROM definition_texts').all()).toEqual([
    { definition_id: 2, text: '{"id":"two"}' },
  ]);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
});

test('runs of before are in the indexes of queue and history, and their definition goes with the last of them', async () => {
  const name = path.join(await temporaryFolder(), 'nightjar.db');
  const old = new Sqlite(name);
  migrate(old, MIGRATIONS.slice(0, 12));
  old.exec(`INSERT INTO definitions (hash) VALUES ('one'); INSERT INTO definition_texts VALUES (1, '{"id":"a"}')`);
  old.exec(`INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, position, owner, started_at, ended_at, definition_id) VALUES
    ('a', 1, 'a', 'manual', 'failed', 1, NULL, 'me', 1, 2, 1), ('a', 2, 'a', 'manual', 'running', 1, NULL, 'me', 1, NULL, 1),
    ('a', 3, 'a', 'manual', 'queued', 1, 1, NULL, NULL, NULL, 1)`);
  old.close();
  const db = openDatabase(name);
  const [runs, queue] = [new RunStore(db), new JobQueue(db)];
  expect([1, 2, 3, 4].map((number) => runs.findRun(`a#${number}`)?.id)).toEqual([1, 2, 3, undefined]);
  expect([runs.runningOwnedBy('me'), queue.activeOf('a')]).toEqual([[2], { queued: 1, running: 1 }]);
  const texts = (): unknown[] => db.prepare('SELECT text FROM definition_texts').all();
  for (const id of [1, 2, 3]) {
    expect(texts()).toEqual([{ text: '{"id":"a"}' }]);
    db.prepare('DELETE FROM runs WHERE id = ?').run(id);
  }
  expect(texts()).toEqual([]);
  expect([db.pragma('integrity_check', { simple: true }), db.pragma('foreign_key_check')]).toEqual(['ok', []]);
  expect(db.pragma('foreign_key_list(runs)')).toEqual([expect.objectContaining({ table: 'environments' })]);
  db.close();
});

test('a migration that fails leaves the database as it was, earlier ones of the same opening included', async () => {
  const { db } = await temporaryState();
  const version = MIGRATIONS.length;
  const good = { version: version + 1, name: 'good', sql: 'CREATE TABLE good (a INTEGER) STRICT' };
  const bad = {
    version: version + 2,
    name: 'bad',
    sql: 'CREATE TABLE bad (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1)',
  };
  expect(() => migrate(db, [...MIGRATIONS, good, bad])).toThrow('nowhere');
  expect(versionOf(db)).toBe(version);
  expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name IN ('good', 'bad')`).all()).toEqual([]);
});

test('a database from a newer version is refused with a sentence, and left alone', async () => {
  const name = await file();
  const db = openDatabase(name);
  db.pragma('user_version = 999');
  db.close();
  expect(() => openDatabase(name)).toThrow(expect.objectContaining({ code: 'database-newer' }));
  expect(() => openDatabase(name)).toThrow(/newer version of Nightjar.*--data/);
  expect(needsMigration(name)).toBe(false);
});

test('a database that waits for a migration says so, and is not changed by being asked', async () => {
  const name = await file();
  openDatabase(name).close();
  const next = { version: MIGRATIONS.length + 1, name: 'next', sql: 'CREATE TABLE next (a INTEGER) STRICT' };
  expect(needsMigration(name, [...MIGRATIONS, next])).toBe(true);
  expect(needsMigration(name, [...MIGRATIONS, next])).toBe(true);
  expect(needsMigration(name)).toBe(false);
});

test.each([
  [
    'is no database at all',
    (name: string) => fs.writeFileSync(name, 'not a database, but long enough to be one. '.repeat(50)),
  ],
  ['has lost its pages', (name: string) => fs.writeFileSync(name, fs.readFileSync(name).fill(0xa5, 100, 4096))],
])('a file that %s is a Failure that says what to do', async (_, damage) => {
  const name = await file();
  const db = openDatabase(name);
  db.pragma('journal_mode = DELETE');
  db.close();
  damage(name);
  expect(() => openDatabase(name)).toThrow(expect.objectContaining({ code: 'database-corrupt' }));
  expect(() => openDatabase(name)).toThrow(`The database ${name} is damaged`);
});

test('a fault that is not the file’s is not called damage', async () => {
  const folder = await temporaryFolder();
  expect(() => openDatabase(folder)).toThrow(/EISDIR/);
});

test('every connection has its pragmas', async () => {
  const { db } = await temporaryState();
  const of = (name: string) => db.pragma(name, { simple: true });
  expect([of('journal_mode'), of('synchronous'), of('foreign_keys'), of('busy_timeout')]).toEqual(['wal', 1, 1, 5000]);
  expect(() => db.prepare('INSERT INTO occurrences VALUES (99, 1, 1)').run()).toThrow('FOREIGN KEY');
});

test('a data folder belongs to the first jobs home that used it', async () => {
  const { db } = await temporaryState();
  expect(jobsHomeOf(db)).toBeUndefined();
  bindToJobsHome(db, '/home/me/jobs');
  bindToJobsHome(db, '/home/me/jobs');
  expect(jobsHomeOf(db)).toBe('/home/me/jobs');
  expect(() => bindToJobsHome(db, '/other')).toThrow(expect.objectContaining({ code: 'other-home' }));
  expect(() => bindToJobsHome(db, '/other')).toThrow('belongs to the jobs home /home/me/jobs, not to /other');
  expect(jobsHomeOf(db)).toBe('/home/me/jobs');
});
