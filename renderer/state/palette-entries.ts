import type { Job, Run } from '../../electron/api/api.ts';
import type { IconName } from '../components/icon-name.ts';
import { stateLook } from '../components/state-look.ts';
import { formatUntil } from '../format/duration.ts';
import { nearMoment, nextHour } from '../format/moment.ts';
import { formatAddress, NO_FILTERS, type Address } from './address.ts';
import type { App } from './app.svelte.ts';
import { nameOf } from './jobs.svelte.ts';

export const PALETTE_GROUPS = ['Run next', 'Open', 'Do'] as const;

export type Entry = {
  /** The same for the same thing in every session, so that what was used lately can come first. */
  id: string;
  group: (typeof PALETTE_GROUPS)[number];
  icon: IconName;
  /** The verb first, then what it is done to. */
  text: string;
  /** Searched too, and shown in grey. */
  more: string;
  /** Asked for what is shown: of thousands of jobs there are tens of thousands of entries. */
  meta?: () => string;
  keys?: string;
  run: () => unknown;
};

const HOUR = 3_600_000;
const go = (hash: string) => () => (location.hash = hash);
const goTo = (address: Address) => () => (location.hash = formatAddress(address));

/** Everything that can be done from the palette now. */
export function paletteEntries(app: App): Entry[] {
  return [...windowEntries(app), ...pauseEntries(app), ...app.jobs.list.flatMap((job) => jobEntries(app, job))];
}

function jobEntries(app: App, job: Job): Entry[] {
  const name = nameOf(job.id);
  // As it was when the palette opened.
  const { at, zone } = app.now;
  const entries: Entry[] = [];
  const more = job.description ?? '';
  if (job.state !== 'problem') {
    const text = job.params.length > 0 ? `Run next with parameters… ${name}` : `Run next: ${name}`;
    entries.push({
      id: `run ${job.id}`,
      group: 'Run next',
      icon: 'next',
      text,
      more,
      meta: () => lastOrDue(job, at),
      run: () => app.runNext(job),
    });
  }
  const open = (run: number) => goTo({ view: 'run', run: String(run), task: null, line: null });
  if (job.runningRun !== null) {
    entries.push({
      id: `live ${job.id}`,
      group: 'Open',
      icon: 'log',
      text: `Log of ${name}`,
      more: '',
      meta: () => 'running',
      run: open(job.runningRun),
    });
  }
  if (job.last) {
    const { id, number, state, endedAt } = job.last;
    entries.push({
      id: `last ${job.id}`,
      group: 'Open',
      icon: 'history',
      text: `Last run of ${name} #${number}`,
      more: '',
      meta: () => `${stateLook(state).word} ${nearMoment(endedAt, at, zone)}`,
      run: open(id),
    });
  }
  const failure = job.strip.findLast((run) => run.state === 'failed' || run.state === 'timed-out');
  if (failure && failure.id !== job.last?.id) {
    entries.push({
      id: `failure ${job.id}`,
      group: 'Open',
      icon: 'failed',
      text: `Last failure of ${name}`,
      more: '',
      run: open(failure.id),
    });
  }
  entries.push(
    {
      id: `file ${job.id}`,
      group: 'Open',
      icon: 'file',
      text: `Job file ${job.file}`,
      more: '',
      run: goTo({ view: 'edit', path: job.file, template: null }),
    },
    {
      id: `history ${job.id}`,
      group: 'Open',
      icon: 'calendar',
      text: `History of ${name}`,
      more: '',
      run: goTo({ view: 'history', filters: { ...NO_FILTERS, job: job.id } }),
    },
    job.pause?.by === 'window'
      ? {
          id: `resume ${job.id}`,
          group: 'Do',
          icon: 'play',
          text: `Resume the job ${name}`,
          more: '',
          run: () => app.commands.resume(job.id),
        }
      : {
          id: `pause ${job.id}`,
          group: 'Do',
          icon: 'pause',
          text: `Pause the job ${name}`,
          more: '',
          run: () => app.commands.pause(job.id, null),
        },
  );
  return entries;
}

function lastOrDue(job: Job, at: number): string {
  if (job.last && job.last.state !== 'succeeded') return `last ${stateLook(job.last.state).word}`;
  return job.nextDueAt ? formatUntil(job.nextDueAt - at) : '';
}

function windowEntries(app: App): Entry[] {
  return [
    { id: 'queue', group: 'Open', icon: 'slots', text: 'Queue', more: '', keys: 'G Q', run: go('#/queue') },
    {
      id: 'history',
      group: 'Open',
      icon: 'history',
      text: 'History',
      more: '',
      keys: 'G H',
      run: go('#/history'),
    },
    {
      id: 'failures',
      group: 'Open',
      icon: 'failed',
      text: 'History: failed only',
      more: '',
      run: go('#/history?state=failed,timed-out'),
    },
    { id: 'settings', group: 'Open', icon: 'settings', text: 'Settings', more: '', run: go('#/settings') },
    { id: 'new', group: 'Do', icon: 'plus', text: 'New job', more: '', run: go('#/edit/') },
    {
      id: 'keys',
      group: 'Do',
      icon: 'help',
      text: 'Show keyboard shortcuts',
      more: '',
      keys: '?',
      run: () => (app.dialogs.open = 'keys'),
    },
  ];
}

function pauseEntries(app: App): Entry[] {
  const { at, zone } = app.now;
  const tomorrow = nextHour(at, 6, zone);
  if (app.status.isPaused) {
    return [
      {
        id: 'resume',
        group: 'Do',
        icon: 'play',
        text: 'Resume everything',
        more: '',
        run: () => app.commands.resume(undefined),
      },
    ];
  }
  return [
    {
      id: 'pause',
      group: 'Do',
      icon: 'pause',
      text: 'Pause everything',
      more: '',
      meta: () => 'until resumed',
      run: () => app.commands.pause(undefined, null),
    },
    {
      id: 'pause hour',
      group: 'Do',
      icon: 'clock',
      text: 'Pause everything for 1 hour',
      more: '',
      meta: () => nearMoment(at + HOUR, at, zone),
      run: () => app.commands.pause(undefined, at + HOUR),
    },
    {
      id: 'pause night',
      group: 'Do',
      icon: 'moon',
      text: 'Pause everything until tomorrow',
      more: '',
      meta: () => nearMoment(tomorrow, at, zone),
      run: () => app.commands.pause(undefined, tomorrow),
    },
  ];
}

/** A run that was searched for with `#`. */
export function runEntry(app: App, run: Run): Entry {
  return {
    id: `run ${run.id}`,
    group: 'Open',
    icon: stateLook(run.state).icon,
    text: `${nameOf(run.job)} #${run.number}`,
    more: run.reason ?? '',
    meta: () => `${stateLook(run.state).word} ${nearMoment(run.startedAt ?? run.queuedAt, app.now.at, app.now.zone)}`,
    run: async () => (location.hash = await app.commands.addressOf(run)),
  };
}
