import type { RunDetail } from '../../electron/api/api.ts';
import { formatDuration, formatUntil } from '../format/duration.ts';
import { clockSeconds, fullMoment, nearMoment } from '../format/moment.ts';
import { formatAddress } from './address.ts';
import { nameOf } from './jobs.svelte.ts';
import type { Pane } from './run-panes.ts';
import type { TaskRow } from './run-tasks.ts';

export interface Fact {
  readonly term: string;
  readonly text: string;
  /** The whole of it, where `text` is short. */
  readonly title?: string;
  /** Where there is more of it. */
  readonly opens?: Pane;
  /** What a click on it copies. */
  readonly copies?: string;
  /** Other runs that it names, behind `text`. */
  readonly runs?: readonly { readonly name: string; readonly address: string }[];
  /** The page of it in a browser. */
  readonly href?: string | undefined;
  /** Goes first where there is no room. */
  readonly isMinor?: boolean;
}

const TRIGGER_WORDS: Record<RunDetail['trigger'], string> = {
  scheduled: 'scheduled',
  manual: 'manual',
  missed: 'missed, caught up',
  after: 'after another job',
};

/** What one asks first about a run, in reading order. */
export function facts(
  run: RunDetail,
  rows: readonly TaskRow[],
  now: number,
  zone: string,
  predictedEndAt: number | null,
): Fact[] {
  const made: Fact[] = [];
  const moment = (at: number): string =>
    now - at < 12 * 3_600_000 ? clockSeconds(at, zone) : nearMoment(at, now, zone);
  const due = run.dueAt === null ? '' : `, due ${moment(run.dueAt)}`;
  const { upstream } = run;
  if (upstream === null) {
    made.push({ term: 'Trigger', text: TRIGGER_WORDS[run.trigger] + due, title: whole(run.dueAt, zone) });
  } else {
    // One that was told to go next is a manual one from then on, and came after the other all the same.
    const words = run.trigger === 'after' ? 'after' : `${TRIGGER_WORDS[run.trigger]}, after`;
    const title = `${words} ${upstream.job}#${upstream.number}`;
    made.push({ term: 'Trigger', text: words, title, runs: [linkTo(upstream)] });
  }
  if (run.startedAt === null) {
    made.push({ term: 'Queued', text: moment(run.queuedAt), title: fullMoment(run.queuedAt, zone) });
    if (run.state === 'queued') made.push({ term: 'Waits', text: formatDuration(now - run.queuedAt) });
  } else {
    const waitedMs = run.startedAt - run.queuedAt;
    const waited = waitedMs >= 1_000 ? `, waited ${formatDuration(waitedMs)}` : '';
    made.push({ term: 'Started', text: moment(run.startedAt) + waited, title: fullMoment(run.startedAt, zone) });
    const took = formatDuration((run.endedAt ?? now) - run.startedAt);
    const usual = run.medianMs === null ? undefined : `Usually ${formatDuration(run.medianMs)}`;
    made.push({ term: run.endedAt === null ? 'Elapsed' : 'Took', text: took, title: usual });
  }
  const then = run.downstream.map(linkTo);
  if (then.length > 0) {
    const title = run.downstream.map(({ job, number, state }) => `${job}#${number} ${state}`).join('\n');
    made.push({ term: 'Then', text: '', title, runs: then });
  }
  if (predictedEndAt !== null)
    made.push({
      term: 'Predicted end',
      text: `${clockSeconds(predictedEndAt, zone)}, ${formatUntil(predictedEndAt - now)}`,
    });
  const outcome = outcomeOf(run);
  if (outcome !== null) made.push({ term: 'Outcome', text: outcome, title: outcome });
  const again = rows.filter(({ last }) => last.attempts > 1 && last.attempt > 1);
  const ofRun = run.attempts > 1 ? [`run ${run.attempt} of ${run.attempts}`] : [];
  const attempts = [...ofRun, ...again.map(({ name, last }) => `${name} ${last.attempt} of ${last.attempts}`)];
  if (attempts.length > 0)
    made.push({ term: 'Attempts', text: more(attempts), title: attempts.join('\n'), opens: 'details' });
  const given = (term: string, values: Readonly<Record<string, string>>, isMinor: boolean): void => {
    const texts = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
    if (texts.length > 0)
      made.push({ term, text: more(texts), title: texts.join('\n'), opens: 'environment', isMinor });
  };
  const { commit } = run;
  if (commit !== null) {
    const text = `${commit.sha.slice(0, 8)}${commit.isDirty === true ? ' with changes' : ''} ${commit.subject}`;
    made.push({ term: 'Commit', text, title: commitTitle(commit), copies: commit.sha, href: commit.url ?? undefined });
  }
  // Params tell runs of a job apart; its variables are mostly the same in all of them.
  given('Params', run.params, false);
  given('Variables', run.variables, true);
  if (run.concurrencyGroup !== null) made.push({ term: 'Group', text: run.concurrencyGroup, isMinor: true });
  return made;
}

function commitTitle({ sha, subject, isDirty }: NonNullable<RunDetail['commit']>): string {
  const dirty = {
    true: 'with changes that were not committed',
    false: 'and nothing else',
    null: 'whether there were changes besides took too long to find out',
  }[String(isDirty) as 'true' | 'false' | 'null'];
  return `${sha}\n${subject}\n${dirty}\nClick to copy the id`;
}

/** "From #11 to #12, commit 9f3c2a1b to 5b1e0c7d". */
export function compareTitle(run: RunDetail, previous: RunDetail): string {
  const runs = `From #${previous.number} to #${run.number}`;
  if (run.commit === null || previous.commit === null) return runs;
  const [before, after] = [previous.commit, run.commit].map(
    ({ sha, isDirty }) => sha.slice(0, 8) + (isDirty === true ? ' with changes' : ''),
  );
  return before === after ? `${runs}, both at commit ${after}` : `${runs}, commit ${before} to ${after}`;
}

const linkTo = ({ id, job, number }: { id: number; job: string; number: number }) => ({
  name: `${nameOf(job)} #${number}`,
  address: formatAddress({ view: 'run', run: String(id), task: null, line: null }),
});

/** "exit 2, Compilation Error …", as far as there is something to say. */
function outcomeOf(run: RunDetail): string | null {
  if (run.state === 'running' || run.state === 'queued' || run.state === 'succeeded') return null;
  if (run.reason !== null) return run.reason;
  return run.exitCode === null ? null : `exit ${run.exitCode}`;
}

const more = (texts: readonly string[]): string =>
  texts.length > 1 ? `${texts[0]}, ${texts.length - 1} more` : (texts[0] ?? '');

const whole = (at: number | null, zone: string): string | undefined => (at === null ? undefined : fullMoment(at, zone));
