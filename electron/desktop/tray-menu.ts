import type { TraySnapshot } from './tray-snapshot.ts';
import { counted, menuLabel, menuMoment, menuName } from './words.ts';

/** What a click in the tray's menu asks for. */
export type TrayAction =
  | { readonly do: 'open'; readonly address: string }
  /** The log of a run, at the line to look at after a failure. */
  | { readonly do: 'open-failure'; readonly run: number }
  | { readonly do: 'palette' }
  | { readonly do: 'run-next'; readonly job: string }
  | { readonly do: 'cancel'; readonly run: number }
  | { readonly do: 'pause'; readonly until: PauseEnd }
  | { readonly do: 'resume' }
  | { readonly do: 'quit' }
  | { readonly do: 'stop' };

export type PauseEnd = 'hour' | 'morning' | 'resumed';

/** One line of the menu. Without an action and a submenu it only tells something. */
export type TrayItem =
  | { readonly type: 'separator' }
  | { readonly label: string; readonly action?: TrayAction; readonly submenu?: readonly TrayItem[] };

export type TrayState = 'idle' | 'running' | 'failed' | 'paused' | 'engine-down';

const NEXT_SHOWN = 3;
/** A native menu does not scroll well, and cannot be searched; the palette does and can. */
const JOBS_SHOWN = 40;
const RUNNING_SHOWN = 10;
const SEPARATOR: TrayItem = { type: 'separator' };

/** The most urgent state shows: engine down, failed since last look, paused, running, idle. */
export function trayState({ isEngineDown, isFailureNew, pause, running, dispatchStopped }: TraySnapshot): TrayState {
  if (isEngineDown) return 'engine-down';
  if (isFailureNew) return 'failed';
  if (pause !== null || dispatchStopped !== null) return 'paused';
  return running.length > 0 ? 'running' : 'idle';
}

/** The whole menu, set anew with each change: a line for each fact, and moments that stay true without a clock. */
export function trayMenu(snapshot: TraySnapshot): TrayItem[] {
  if (snapshot.leaving !== null) return leavingMenu(snapshot);
  return [
    ...stateOf(snapshot).map((label) => ({ label })),
    ...runningOf(snapshot),
    SEPARATOR,
    ...nextOf(snapshot),
    { label: 'Run next', submenu: jobsOf(snapshot) },
    ...failuresOf(snapshot),
    ...pauseOf(snapshot),
    SEPARATOR,
    { label: 'Open Nightjar', action: { do: 'open', address: '' } },
    { label: quitLabel(snapshot), action: { do: 'quit' } },
  ];
}

/** One line: what runs since when, and what is next. */
export function trayTooltip(snapshot: TraySnapshot): string {
  const { running, leaving } = snapshot;
  const facts = leaving !== null ? [`Finishing ${counted(running.length, 'run')}`] : stateOf(snapshot);
  const [first, ...more] = running;
  const what = first && sinceOf(snapshot, first) + (more.length > 0 ? ` and ${more.length} more` : '');
  const [next] = nextOf(snapshot);
  const then = leaving === null && next && 'label' in next ? [next.label] : [];
  return ['Nightjar', ...(what === undefined ? facts : [what, ...facts.slice(1)]), ...then].join('\n');
}

/** The counts first, then what keeps anything from starting. */
function stateOf({ running, queued, isEngineDown, pause, now, timezone, dispatchStopped }: TraySnapshot): string[] {
  const counts = running.length === 0 ? 'Nothing runs' : `${running.length} running`;
  return [
    queued === 0 ? counts : `${counts}, ${queued} waiting`,
    ...(isEngineDown ? ['Docker does not answer'] : []),
    ...(dispatchStopped === null ? [] : [dispatchStopped]),
    ...(pause === null
      ? []
      : [pause.untilAt === null ? 'Paused' : `Paused until ${menuMoment(pause.untilAt, now, timezone)}`]),
  ];
}

function runningOf(snapshot: TraySnapshot): TrayItem[] {
  const { running } = snapshot;
  const items: TrayItem[] = running.slice(0, RUNNING_SHOWN).map((run) => ({
    label: menuLabel(sinceOf(snapshot, run)),
    submenu: [
      { label: 'Log', action: { do: 'open', address: `#/run/${run.id}` } },
      { label: 'Cancel', action: { do: 'cancel', run: run.id } },
    ],
  }));
  const more = running.length - items.length;
  if (more > 0) items.push({ label: `${more} more`, action: { do: 'open', address: '#/queue' } });
  return items;
}

function sinceOf({ now, timezone }: TraySnapshot, { name, startedAt }: TraySnapshot['running'][number]): string {
  return startedAt === null ? menuName(name) : `${menuName(name)}, since ${menuMoment(startedAt, now, timezone)}`;
}

function nextOf({ jobs, now, timezone }: TraySnapshot): TrayItem[] {
  const due = jobs.flatMap(({ name, nextDueAt }) => (nextDueAt === null ? [] : [{ name, nextDueAt }]));
  return due
    .sort((a, b) => a.nextDueAt - b.nextDueAt)
    .slice(0, NEXT_SHOWN)
    .map(({ name, nextDueAt }, index) => ({
      label: menuLabel(`${index === 0 ? 'Next: ' : ''}${menuName(name)}, ${menuMoment(nextDueAt, now, timezone)}`),
      action: { do: 'open', address: '#/queue' },
    }));
}

function jobsOf({ jobs }: TraySnapshot): TrayItem[] {
  if (jobs.length === 0) return [{ label: 'There is no job yet' }];
  const runnable = jobs.filter(({ canRun }) => canRun);
  // Two jobs may have one name; their ids differ.
  const count = new Map<string, number>();
  for (const { name } of runnable) count.set(name, (count.get(name) ?? 0) + 1);
  const items: TrayItem[] = runnable.slice(0, JOBS_SHOWN).map(({ id, name }) => ({
    label: menuLabel(menuName(count.get(name) === 1 ? name : id)),
    action: { do: 'run-next', job: id },
  }));
  if (runnable.length > JOBS_SHOWN) {
    items.push(SEPARATOR, { label: `All ${runnable.length} jobs…`, action: { do: 'palette' } });
  }
  const invalid = jobs.length - runnable.length;
  if (invalid > 0) {
    const label = `${counted(invalid, 'file')} with problems`;
    items.push(SEPARATOR, { label, action: { do: 'open', address: '#/queue' } });
  }
  return items;
}

function failuresOf({ failures, jobs, now, timezone }: TraySnapshot): TrayItem[] {
  if (failures.length === 0) return [];
  const names = new Map(jobs.map(({ id, name }) => [id, name]));
  return [
    {
      label: 'Last failures',
      submenu: failures.map(({ id, job, number, endedAt }) => {
        const moment = endedAt === null ? '' : `, ${menuMoment(endedAt, now, timezone)}`;
        const label = menuLabel(`${menuName(names.get(job) ?? job)} #${number}${moment}`);
        return { label, action: { do: 'open-failure', run: id } };
      }),
    },
  ];
}

function pauseOf({ pause }: TraySnapshot): TrayItem[] {
  if (pause !== null) return [{ label: 'Resume', action: { do: 'resume' } }];
  return [
    {
      label: 'Pause',
      submenu: [
        { label: 'For 1 hour', action: { do: 'pause', until: 'hour' } },
        { label: 'Until tomorrow, 06:00', action: { do: 'pause', until: 'morning' } },
        { label: 'Until resumed', action: { do: 'pause', until: 'resumed' } },
      ],
    },
  ];
}

/** Quit says its cost: what it waits for, or that nothing starts any more. */
function quitLabel({ running, jobs, startsAtLogin }: TraySnapshot): string {
  if (running.length > 0)
    return `Quit: ${counted(running.length, 'run')} ${running.length === 1 ? 'finishes' : 'finish'} first`;
  if (!jobs.some(({ nextDueAt }) => nextDueAt !== null)) return 'Quit';
  return startsAtLogin ? 'Quit: jobs stop until the next login' : 'Quit: jobs stop until Nightjar is opened again';
}

function leavingMenu(snapshot: TraySnapshot): TrayItem[] {
  const { running, leaving } = snapshot;
  if (leaving !== 'drain') return [{ label: `Stopping ${counted(running.length, 'run')}` }];
  return [
    ...running.slice(0, RUNNING_SHOWN).map((run): TrayItem => ({
      label: menuLabel(`Finishing ${sinceOf(snapshot, run)}`),
      action: { do: 'open', address: `#/run/${run.id}` },
    })),
    SEPARATOR,
    { label: `Quit now, stop ${running.length === 1 ? 'it' : 'them'}`, action: { do: 'stop' } },
  ];
}

/** When a pause that is chosen now ends, by the machine's own calendar; null: when somebody resumes. */
export function pauseEndAt(until: PauseEnd, now: number): number | null {
  switch (until) {
    case 'hour':
      return now + 3_600_000;
    case 'morning': {
      const morning = new Date(now);
      morning.setDate(morning.getDate() + 1);
      return morning.setHours(6, 0, 0, 0);
    }
    case 'resumed':
      return null;
    default:
      return until satisfies never;
  }
}
