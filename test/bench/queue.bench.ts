import { hash } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { better, defineQueue } from 'plainjob';
import { newRunOf } from '../../electron/scheduler/new-run-of.ts';
import { JobQueue } from '../../electron/scheduler/queue/job-queue.ts';
import { openDatabase } from '../../electron/scheduler/store/open-database.ts';
import { RunStore } from '../../electron/scheduler/store/run-store.ts';
import { job, task } from '../support/definitions.ts';
import { median, ms, perSecond, quantile, sideBySide, took } from './measure.ts';
import type { Row } from './row.ts';

const RUNS = 20_000;
const JOBS = 200;
/**
 * What a look at the clock decides in one transaction; and what a dispatch with as many free slots claims in one, and a turn of the
 * event loop ends in one, when as many runs go on as fast as they can.
 */
const ENQUEUED_TOGETHER = 200;
const AT_ONCE = 16;

const definitions = Array.from({ length: JOBS }, (_, i) =>
  job(`folder/job-${i}`, { steps: [{ name: 'work', tasks: [task('work', { command: 'true' })] }] }),
);
const texts = definitions.map((definition) => JSON.stringify(definition));

export default {
  title: 'Queue: enqueue, claim, finish 20,000 runs',
  async run(folder) {
    let round = 0;
    /** How long each call took, of all rounds. */
    const steps: number[] = [];
    const file = (): string => join(folder, `${(round += 1)}.db`);
    const { medians, ratio } = await sideBySide(
      {
        nightjar: () => nightjar(file(), steps),
        bare: () => bare(file()),
        plainjob: () => plainjob(file(), 1),
        grouped: () => plainjob(file(), AT_ONCE),
      },
      5,
    );
    const toBare = ratio('nightjar', 'bare');
    const toPlainjob = ratio('nightjar', 'plainjob');
    const toGrouped = ratio('nightjar', 'grouped');
    const ours = perSecond(RUNS, medians.nightjar, 'runs');
    return {
      findings: [
        {
          what: 'the same three statements',
          nightjar: ours,
          against: `better-sqlite3: ${perSecond(RUNS, medians.bare, 'runs')}`,
          ratio: toBare,
          goal: '≥ 0.8',
          isMet: toBare.median >= 0.8,
        },
        {
          what: 'another queue, as its own worker asks it: a commit for each claim and each end',
          nightjar: ours,
          against: `plainjob: ${perSecond(RUNS, medians.plainjob, 'jobs')}`,
          ratio: toPlainjob,
          goal: '≥ 1.5',
          isMet: toPlainjob.median >= 1.5,
        },
        {
          what: `for comparison: ${AT_ONCE} of its claims or ends in a transaction that we put around its calls`,
          nightjar: ours,
          against: `plainjob: ${perSecond(RUNS, medians.grouped, 'jobs')}`,
          ratio: toGrouped,
          goal: '-',
          isMet: true,
        },
        {
          what: 'one call holds up the event loop, 99 % of them for no longer than',
          nightjar: ms(quantile(steps, 0.99)),
          against: null,
          ratio: null,
          goal: '≤ 20 ms',
          isMet: quantile(steps, 0.99) <= 20,
        },
      ],
      notes: [
        `the longest call took ${ms(Math.max(...steps))}; SQLite makes its checkpoints within calls here, which a scheduler leaves to a thread`,
      ],
      growth: [{ title: 'Queue: one operation', of: 'waiting runs', series: await growth(folder) }],
    };
  },
} satisfies Row;

const LENGTHS = [10, 100, 1_000, 10_000, 100_000];

/** What one operation costs in a queue that is long already; the median of a hundred. */
async function growth(folder: string) {
  const operations: Record<string, (queue: JobQueue, n: number) => unknown> = {
    enqueue: (queue, n) => queue.enqueue(newRun(n, n)),
    'run next': (queue, n) => queue.addFirst(newRun(n, n)),
    'walk to the first': (queue) => queue.waiting().next(),
    claim: (queue) => queue.claim(queue.waiting().next().value!.id, 'bench', Date.now()),
  };
  const series = Object.keys(operations).map((name) => ({ name, points: [] as [number, number][] }));
  for (const length of LENGTHS) {
    const db = openDatabase(join(folder, `length-${length}.db`));
    const queue = new JobQueue(db);
    for (let from = 0; from < length; from += ENQUEUED_TOGETHER) {
      const count = Math.min(ENQUEUED_TOGETHER, length - from);
      queue.enqueueAll(Array.from({ length: count }, (_, i) => ({ run: newRun(from + i, from + i) })));
    }
    for (const { name, points } of series) {
      const costs: number[] = [];
      // Params that tell runs apart: run next moves one that waits with the same.
      for (let n = 0; n < 100; n++) costs.push(await took(() => operations[name]!(queue, length + n)));
      points.push([length, median(costs)]);
    }
    db.close();
  }
  return series;
}

function newRun(of: number, n: number) {
  return newRunOf(definitions[of % JOBS]!, 'scheduled', n, Date.now(), { n: String(n) });
}

async function nightjar(file: string, steps: number[]): Promise<number> {
  const db = openDatabase(file);
  const [queue, runs] = [new JobQueue(db), new RunStore(db)];
  let calledAt = 0;
  const called = (): void => {
    const now = performance.now();
    steps.push(now - calledAt);
    calledAt = now;
  };
  const cost = await took(() => {
    calledAt = performance.now();
    for (let from = 0; from < RUNS; from += ENQUEUED_TOGETHER) {
      const now = Date.now();
      queue.enqueueAll(
        Array.from({ length: ENQUEUED_TOGETHER }, (_, i) => ({
          run: newRunOf(definitions[(from + i) % JOBS]!, 'scheduled', from, now),
        })),
      );
      called();
    }
    const waiting = [...queue.waiting()];
    calledAt = performance.now();
    const end = db.transaction((ids: readonly number[]) => {
      for (const id of ids) {
        runs.finishRun({ id, owner: 'bench', state: 'succeeded', reason: null, exitCode: 0, at: Date.now() });
      }
    });
    for (let from = 0; from < waiting.length; from += AT_ONCE) {
      const ids = waiting.slice(from, from + AT_ONCE).map(({ id }) => id);
      const claimed = queue.claimAll(ids, 'bench', Date.now());
      called();
      end.immediate(claimed);
      called();
    }
  });
  if (queue.countWaiting() > 0 || runs.runningOwnedBy('bench').length > 0) throw new Error('Not every run has ended.');
  db.close();
  return cost;
}

/**
 * The same rows in the same tables, with the same transactions; all of it safe from a crash of the process. What makes a claim safe
 * from a loss of power too is in neither: our runs wait for it, and the event loop does not (wal-sync.ts).
 */
async function bare(file: string): Promise<number> {
  const db = openDatabase(file);
  const number = db
    .prepare<[string], number>(
      'INSERT INTO job_numbers (job, last) VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last',
    )
    .pluck();
  const insertDefinition = db.prepare('INSERT INTO definitions (hash) VALUES (?)');
  const insertText = db.prepare('INSERT INTO definition_texts VALUES (?, ?)');
  const definitionIds = texts.map((text) => {
    const id = insertDefinition.run(hash('sha256', text)).lastInsertRowid;
    insertText.run(id, text);
    return id;
  });
  const insert = db.prepare(`
    INSERT INTO runs (job, number, pipeline_name, trigger, state, due_at, queued_at, attempts, params, position, definition_id)
    VALUES (?, ?, ?, 'scheduled', 'queued', ?, ?, 1, '{}', ?, ?)`);
  const claim = db.prepare(`
    UPDATE runs SET state = 'running', owner = ?, started_at = ?, position = NULL WHERE id = ? AND state = 'queued'`);
  const end = db.prepare(`
    UPDATE runs SET state = 'succeeded', exit_code = 0, ended_at = ? WHERE id = ? AND state = 'running' AND owner = ?`);
  const cost = await took(() => {
    for (let from = 0; from < RUNS; from += ENQUEUED_TOGETHER) {
      db.transaction(() => {
        for (let i = from; i < from + ENQUEUED_TOGETHER; i++) {
          const { id, pipelineName } = definitions[i % JOBS]!;
          insert.run(id, number.get(id), pipelineName, from, Date.now(), i, definitionIds[i % JOBS]);
        }
      }).immediate();
    }
    const waiting = db
      .prepare<[], number>(`SELECT id FROM runs WHERE state = 'queued' ORDER BY position`)
      .pluck()
      .all();
    for (let from = 0; from < waiting.length; from += AT_ONCE) {
      const ids = waiting.slice(from, from + AT_ONCE);
      db.transaction(() => ids.map((id) => claim.run('bench', Date.now(), id))).immediate();
      db.transaction(() => ids.map((id) => end.run(Date.now(), id, 'bench'))).immediate();
    }
  });
  db.close();
  return cost;
}

/** Its interface takes jobs in together and gives them out and ends them one by one; a transaction of ours may hold several. */
async function plainjob(file: string, atOnce: number): Promise<number> {
  const db = new Sqlite(file);
  const connection = better(db);
  const quiet = { error() {}, warn() {}, info() {}, debug() {} };
  const queue = defineQueue({ connection, logger: quiet });
  const cost = await took(() => {
    for (let from = 0; from < RUNS; from += ENQUEUED_TOGETHER) {
      queue.addMany(
        'run',
        Array.from({ length: ENQUEUED_TOGETHER }, (_, i) => ({ job: `folder/job-${(from + i) % JOBS}` })),
      );
    }
    const together = (work: () => void): void => (atOnce === 1 ? work() : db.transaction(work).immediate());
    for (let left = RUNS; left > 0; left -= atOnce) {
      const ids: number[] = [];
      together(() => {
        for (let i = 0; i < atOnce; i++) ids.push(queue.getAndMarkJobAsProcessing('run')!.id);
      });
      together(() => ids.forEach((id) => queue.markJobAsDone(id)));
    }
  });
  queue.close();
  connection.close();
  return cost;
}
