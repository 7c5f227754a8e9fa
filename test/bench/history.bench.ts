import { join } from 'node:path';
import type { RunFilter } from '../../electron/api/api.ts';
import { openDatabase } from '../../electron/scheduler/store/open-database.ts';
import { RunHistory } from '../../electron/scheduler/store/run-history.ts';
import { RunStore } from '../../electron/scheduler/store/run-store.ts';
import { ms, sideBySide, took } from './measure.ts';
import { writePastRuns } from './past-runs.ts';
import type { Finding, Growth, Row } from './row.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const PAGE = 100;
/** Calls a round, so that what is measured is longer than the clock's grain. */
const CALLS = 10;
const DAY = 86_400_000;

interface Stores {
  readonly history: RunHistory;
  readonly runs: RunStore;
  readonly last: number;
}

const QUESTIONS: Readonly<Record<string, (stores: Stores) => unknown>> = {
  'first page': ({ history }) => history.listRuns({}, { limit: PAGE }),
  'page in the middle': ({ history, last }) => history.listRuns({}, { limit: PAGE, beforeId: last / 2 }),
  'of one job': ({ history }) => history.listRuns({ job: 'f7/job-17' }, { limit: PAGE }),
  'by part of a name': ({ history }) => history.listRuns({ jobContains: 'job-9' }, { limit: PAGE }),
  failed: ({ history }) => history.listRuns({ states: ['failed', 'timed-out'] }, { limit: PAGE }),
  'a rare state': ({ history }) => history.listRuns({ states: ['interrupted'] }, { limit: PAGE }),
  manual: ({ history }) => history.listRuns({ triggers: ['manual'] }, { limit: PAGE }),
  'failed yesterday': ({ history }) => history.listRuns(yesterday({ states: ['failed'] }), { limit: PAGE }),
  'a rare state this year': ({ history }) =>
    history.listRuns({ states: ['interrupted'], fromAt: Date.now() - 365 * DAY }, { limit: PAGE }),
  'count of all': ({ history }) => history.countRuns({}),
  'count of failed': ({ history }) => history.countRuns({ states: ['failed'] }),
  'count of yesterday': ({ history }) => history.countRuns(yesterday({})),
  'strip of a job': ({ runs }) => runs.stripOf('f7/job-17'),
  'median of a job': ({ runs }) => runs.medianOf('f7/job-17'),
};

export default {
  title: 'History page, filters, job strip with 1,000,000 runs',
  async run(folder) {
    const stores = new Map<number, Stores & { close(): void }>();
    for (const size of SIZES) {
      const own = join(folder, String(size));
      writePastRuns(own, size);
      const db = openDatabase(join(own, 'data', 'nightjar.db'));
      stores.set(size, { history: new RunHistory(db), runs: new RunStore(db), last: size, close: () => db.close() });
    }
    const findings: Finding[] = [];
    const series: { name: string; points: (readonly [number, number])[] }[] = [];
    for (const [what, ask] of Object.entries(QUESTIONS)) {
      for (const one of stores.values()) assertFound(what, ask(one));
      const contestant = (size: number) => (): Promise<number> =>
        took(() => {
          for (let i = 0; i < CALLS; i++) ask(stores.get(size) as Stores);
        });
      const [small = 0, middle = 0, large = 0] = SIZES;
      const { medians, ratio } = await sideBySide(
        { small: contestant(small), middle: contestant(middle), large: contestant(large) },
        7,
      );
      const growth = ratio('small', 'large');
      const cost = medians.large / CALLS;
      findings.push({
        what,
        nightjar: ms(cost),
        against: `with 10,000: ${ms(medians.small / CALLS)}`,
        ratio: growth,
        goal: '≤ 10 ms, ≤ 1.5 × its time',
        isMet: cost <= 10 && growth.median <= 1.5,
      });
      const points = SIZES.map(
        (size, i) => [size, [medians.small, medians.middle, medians.large][i]! / CALLS] as const,
      );
      series.push({ name: what, points });
    }
    for (const one of stores.values()) one.close();
    const growth: Growth = { title: 'History: a page or a count', of: 'runs', series };
    return { findings, growth: [growth] };
  },
} satisfies Row;

/** What finds nothing is quick, whatever it costs to find something. */
function assertFound(what: string, answer: unknown): void {
  const { runs = answer, count = 1 } = (answer ?? {}) as { runs?: unknown; count?: number };
  const isEmpty = answer === null || count === 0 || (Array.isArray(runs) && runs.length === 0);
  if (isEmpty) throw new Error(`The question "${what}" finds nothing.`);
}

function yesterday(filter: RunFilter): RunFilter {
  const now = Date.now();
  return { ...filter, fromAt: now - 2 * DAY, toAt: now - DAY };
}
