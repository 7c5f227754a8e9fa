import type { Database } from 'better-sqlite3';
import { Failure } from '../failure.ts';
import { first } from './migrations/0001-first.ts';
import { paramsAndEnvironments } from './migrations/0002-params-and-environments.ts';
import { retention } from './migrations/0003-retention.ts';
import { commitsAndOutputs } from './migrations/0004-commits-and-outputs.ts';
import { after } from './migrations/0005-after.ts';
import { remotePipelines } from './migrations/0006-remote-pipelines.ts';
import { keptContainers } from './migrations/0007-kept-containers.ts';
import { runSpans } from './migrations/0008-run-spans.ts';
import { hadContainers } from './migrations/0009-had-containers.ts';
import { goesOnFrom } from './migrations/0010-goes-on-from.ts';
import { checksWithoutLists } from './migrations/0011-checks-without-lists.ts';
import { definitionTexts } from './migrations/0012-definition-texts.ts';
import { queueAndHistory } from './migrations/0013-queue-and-history.ts';
import { definitionsOfTheEnded } from './migrations/0014-definitions-of-the-ended.ts';

export interface Migration {
  /** What `user_version` is afterwards; counted from 1 without a gap. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** It changes the text of CHECKs in `sqlite_schema`, which is how SQLite changes them without a copy of the table (sqlite.org/lang_altertable.html, 7). */
  readonly changesSchemaText?: boolean;
}

/** Append-only: a released migration is never edited, because somebody's database has run it as it was. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  paramsAndEnvironments,
  retention,
  commitsAndOutputs,
  after,
  remotePipelines,
  keptContainers,
  runSpans,
  hadContainers,
  goesOnFrom,
  checksWithoutLists,
  definitionTexts,
  queueAndHistory,
  definitionsOfTheEnded,
];

/**
 * Brings the database to the newest of `migrations`, all or none: one transaction, in which the version is read again, so that of
 * two processes that start together one migrates and the other finds it done.
 *
 * Throws Failure `database-newer` where the database has seen a migration that this version does not know.
 */
export function migrate(db: Database, migrations: readonly Migration[] = MIGRATIONS): void {
  if (versionOf(db) === migrations.length) return;
  db.transaction(() => {
    const version = versionOf(db);
    refuseNewer(db, version, migrations.length);
    for (const migration of migrations.slice(version)) {
      if (migration.changesSchemaText) changeSchemaText(db, migration.sql);
      else db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }
  }).exclusive();
}

function changeSchemaText(db: Database, sql: string): void {
  db.unsafeMode(true);
  try {
    db.pragma('writable_schema = ON');
    db.exec(sql);
    // Other connections read it anew, and this one does.
    db.pragma(`schema_version = ${(db.pragma('schema_version', { simple: true }) as number) + 1}`);
    db.pragma('writable_schema = RESET');
  } finally {
    db.unsafeMode(false);
  }
}

export function versionOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function refuseNewer(db: Database, version: number, known: number): void {
  if (version <= known) return;
  throw new Failure(
    'database-newer',
    `The database ${db.name} was written by a newer version of Nightjar (its format is ${version}, this version knows ${known}): ` +
      'start the newer version, or choose another data folder with --data.',
  );
}
