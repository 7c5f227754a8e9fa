import { expect, test } from 'vitest';
import type { RunFilter } from '../../../electron/api/api.ts';
import { QueueExits } from '../../../electron/scheduler/queue/queue-exits.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { SettingsStore } from '../../../electron/scheduler/store/settings-store.ts';
import { stateOn, T0, temporaryState } from './temporary-state.ts';

const FILTERS: RunFilter[] = [
  {},
  { job: 'a' },
  { jobContains: 'a' },
  { withoutJobs: ['a'] },
  { states: ['failed', 'queued'] },
  { triggers: ['manual'] },
  { triggers: ['scheduled'] },
  { fromAt: T0 },
  { toAt: T0 },
  { job: 'a', states: ['failed', 'running'], triggers: ['after'], fromAt: T0, toAt: T0 },
  { jobContains: 'a', states: ['failed'], withoutJobs: ['b'] },
];

test('no statement walks through all runs, task runs or occurrences', async () => {
  const { file, db: first } = await temporaryState();
  first.prepare(`INSERT INTO job_numbers VALUES ('a', 1)`).run();
  const db = openDatabase(file);
  const statements = new Set<string>();
  const prepare = db.prepare.bind(db) as typeof db.prepare;
  db.prepare = ((sql: string) => (statements.add(sql), prepare(sql))) as typeof db.prepare;
  const { history } = stateOn(db);
  void new SettingsStore(db);
  void new QueueExits(db);
  for (const filter of FILTERS) {
    history.listRuns(filter, { limit: 10 });
    history.countRuns(filter);
  }
  const plans = [...statements].map((sql) => {
    const bare = sql.replaceAll(/@\w+/g, 'NULL').replaceAll('?', 'NULL');
    const steps = first.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${bare}`).all();
    return { sql, plan: steps.map(({ detail }) => detail) };
  });
  db.close();
  expect(plans.length).toBeGreaterThan(60);
  expect(plans.some(({ plan }) => plan.some((step) => step.startsWith('SEARCH runs')))).toBe(true);
  // These two hold what waits and what runs, and nothing of the past.
  const walks = /^SCAN (runs|task_runs|occurrences)\b(?! USING (COVERING )?INDEX runs_(waiting|running)$)/;
  const scanning = plans.filter(({ plan }) => plan.some((step) => walks.test(step)));
  expect(scanning).toEqual([]);
});
