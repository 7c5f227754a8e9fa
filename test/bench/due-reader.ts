import Sqlite from 'better-sqlite3';

/** How late runs were when their rows could be read, in milliseconds; those that were queued between `measure` and `end`. */
export type Seen = readonly number[];

const EVERY_MS = 5;

/** Reads what is queued as somebody else sees it, in a process of its own; `due-reader.ts DATABASE`. */
const db = new Sqlite(process.argv[2] as string, { readonly: true });
const newest = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM runs').pluck();
const newer = db.prepare<[number], { id: number; dueAt: number | null }>(
  'SELECT id, due_at AS dueAt FROM runs WHERE id > ? ORDER BY id',
);
const seen: number[] = [];
let isMeasuring = false;
let last = newest.get() as number;

const look = setInterval(() => {
  // What is not read yet was not there before.
  const rows = newer.all(last);
  const now = Date.now();
  for (const { id, dueAt } of rows) {
    last = id;
    if (isMeasuring && dueAt !== null) seen.push(now - dueAt);
  }
}, EVERY_MS);

process.on('message', (message) => {
  if (message === 'measure') isMeasuring = true;
  else {
    clearInterval(look);
    db.close();
    process.send?.(seen satisfies Seen, () => process.exit(0));
  }
});
process.send?.('ready');
