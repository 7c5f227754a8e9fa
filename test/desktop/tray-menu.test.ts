import { describe, expect, test } from 'vitest';
import type { Run } from '../../electron/api/api.ts';
import {
  pauseEndAt,
  trayMenu,
  trayState,
  trayTooltip,
  type TrayAction,
  type TrayItem,
} from '../../electron/desktop/tray-menu.ts';
import type { TraySnapshot } from '../../electron/desktop/tray-snapshot.ts';

const NOW = Date.parse('2026-11-17T20:45:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function snapshot(over: Partial<TraySnapshot> = {}): TraySnapshot {
  return {
    now: NOW,
    timezone: 'Europe/Berlin',
    isEngineDown: false,
    pause: null,
    dispatchStopped: null,
    queued: 0,
    running: [],
    jobs: [],
    failures: [],
    isFailureNew: false,
    leaving: null,
    startsAtLogin: false,
    ...over,
  };
}

const job = (name: string, over: Partial<TraySnapshot['jobs'][number]> = {}) => ({
  id: name,
  name,
  nextDueAt: null,
  canRun: true,
  ...over,
});
const running = (id: number, name: string) => ({ id, name, startedAt: NOW - 5 * MINUTE });
const failure = (id: number, name: string, endedAt: number) => ({ id, job: name, number: 12, endedAt }) as Run;

/** The menu as a person reads it: submenus behind an arrow, lines that only tell in brackets. */
function read(items: readonly TrayItem[]): string[] {
  return items.map((item) => {
    if ('type' in item) return '—';
    if (item.submenu !== undefined) return `${item.label} ▸ ${read(item.submenu).join(' | ')}`;
    return item.action === undefined ? `(${item.label})` : item.label;
  });
}

function actionOf(items: readonly TrayItem[], ...labels: string[]): TrayAction | undefined {
  const [label, ...rest] = labels;
  const found = items.find((item) => 'label' in item && item.label === label);
  if (found === undefined || 'type' in found) throw new Error(`no ${label} in ${read(items).join(', ')}`);
  return rest.length === 0 ? found.action : actionOf(found.submenu ?? [], ...rest);
}

describe('the menu', () => {
  test('reads from the counts over what runs and what is next to what one can do', () => {
    const menu = trayMenu(
      snapshot({
        queued: 3,
        running: [running(7, 'load-orders'), running(8, 'photos-to-nas')],
        jobs: [
          job('load-orders', { nextDueAt: NOW + DAY }),
          job('mirror', { nextDueAt: NOW + 2 * MINUTE }),
          job('backup', { nextDueAt: NOW + 9 * DAY }),
          job('never'),
          job('late', { nextDueAt: NOW + 60 * DAY }),
        ],
        failures: [failure(5, 'backup', NOW - DAY)],
      }),
    );
    expect(read(menu)).toEqual([
      '(2 running, 3 waiting)',
      'load-orders, since 21:40 ▸ Log | Cancel',
      'photos-to-nas, since 21:40 ▸ Log | Cancel',
      '—',
      'Next: mirror, 21:47',
      'load-orders, Wed 21:45',
      'backup, Thu 26 Nov 21:45',
      'Run next ▸ load-orders | mirror | backup | never | late',
      'Last failures ▸ backup #12, Mon 21:45',
      'Pause ▸ For 1 hour | Until tomorrow, 06:00 | Until resumed',
      '—',
      'Open Nightjar',
      'Quit: 2 runs finish first',
    ]);
    expect(actionOf(menu, 'photos-to-nas, since 21:40', 'Log')).toEqual({ do: 'open', address: '#/run/8' });
    expect(actionOf(menu, 'photos-to-nas, since 21:40', 'Cancel')).toEqual({ do: 'cancel', run: 8 });
    expect(actionOf(menu, 'Run next', 'mirror')).toEqual({ do: 'run-next', job: 'mirror' });
    expect(actionOf(menu, 'Last failures', 'backup #12, Mon 21:45')).toEqual({ do: 'open-failure', run: 5 });
  });

  test('of nothing says so', () => {
    expect(read(trayMenu(snapshot()))).toEqual([
      '(Nothing runs)',
      '—',
      'Run next ▸ (There is no job yet)',
      'Pause ▸ For 1 hour | Until tomorrow, 06:00 | Until resumed',
      '—',
      'Open Nightjar',
      'Quit',
    ]);
  });

  test('does not change as time passes', () => {
    const facts = { running: [running(7, 'load-orders')], jobs: [job('mirror', { nextDueAt: NOW + 30 * MINUTE })] };
    expect(trayMenu(snapshot({ ...facts, now: NOW + 20 * MINUTE }))).toEqual(trayMenu(snapshot(facts)));
  });

  test('while paused offers to resume and says until when', () => {
    const lines = read(trayMenu(snapshot({ pause: { sinceAt: NOW, untilAt: NOW + 56 * MINUTE } })));
    expect(lines).toContain('(Paused until 22:41)');
    expect(lines).toContain('Resume');
    expect(lines.join()).not.toContain('For 1 hour');
  });

  test('says why nothing starts', () => {
    const dispatchStopped = 'The disk is full: nothing is started until there is room.';
    const lines = read(trayMenu(snapshot({ isEngineDown: true, dispatchStopped })));
    expect(lines.slice(1, 3)).toEqual(['(Docker does not answer)', `(${dispatchStopped})`]);
  });

  test('cuts long names in the middle, shows & as it is, and tells jobs of one name apart by their ids', () => {
    const long = 'warehouse-load-orders-of-all-customers-into-staging';
    const jobs = [job('r&d'), job(long), job('a/sync', { name: 'sync' }), job('b/sync', { name: 'sync' })];
    expect(read(trayMenu(snapshot({ jobs })))).toContain(
      'Run next ▸ r&&d | warehouse-load-o…rs-into-staging | a/sync | b/sync',
    );
    expect('warehouse-load-o…rs-into-staging').toHaveLength(32);
  });

  test('names only jobs that can run, and leaves very many to the palette', () => {
    const jobs = Array.from({ length: 60 }, (_, index) => job(`job-${index}`, { canRun: index > 0 }));
    const menu = trayMenu(snapshot({ jobs }));
    expect(actionOf(menu, 'Run next', 'All 59 jobs…')).toEqual({ do: 'palette' });
    expect(actionOf(menu, 'Run next', '1 file with problems')).toEqual({ do: 'open', address: '#/queue' });
    expect(read(menu).join()).not.toContain('job-0 ');
  });

  test('says what quitting costs where nothing runs', () => {
    const jobs = [job('mirror', { nextDueAt: NOW + MINUTE })];
    expect(read(trayMenu(snapshot({ jobs }))).at(-1)).toBe('Quit: jobs stop until Nightjar is opened again');
    expect(read(trayMenu(snapshot({ jobs, startsAtLogin: true }))).at(-1)).toBe('Quit: jobs stop until the next login');
  });

  test('while it drains names what it waits for, and how to wait no longer', () => {
    const drain = trayMenu(snapshot({ leaving: 'drain', running: [running(7, 'photos-to-nas')] }));
    expect(read(drain)).toEqual(['Finishing photos-to-nas, since 21:40', '—', 'Quit now, stop it']);
    expect(actionOf(drain, 'Quit now, stop it')).toEqual({ do: 'stop' });
    const stop = trayMenu(snapshot({ leaving: 'stop', running: [running(7, 'photos-to-nas')] }));
    expect(read(stop)).toEqual(['(Stopping 1 run)']);
  });
});

test('the icon shows the most urgent state', () => {
  const all = snapshot({
    isEngineDown: true,
    isFailureNew: true,
    pause: { sinceAt: NOW, untilAt: null },
    running: [running(1, 'a')],
  });
  expect(trayState(all)).toBe('engine-down');
  expect(trayState({ ...all, isEngineDown: false })).toBe('failed');
  expect(trayState({ ...all, isEngineDown: false, isFailureNew: false })).toBe('paused');
  expect(trayState({ ...all, isEngineDown: false, isFailureNew: false, pause: null })).toBe('running');
  expect(trayState(snapshot())).toBe('idle');
});

test('the tooltip says what runs and what is next', () => {
  const jobs = [job('mirror', { nextDueAt: NOW + 2 * MINUTE })];
  expect(trayTooltip(snapshot({ jobs }))).toBe('Nightjar\nNothing runs\nNext: mirror, 21:47');
  const busy = snapshot({ jobs, running: [running(1, 'load-orders'), running(2, 'b'), running(3, 'c')] });
  expect(trayTooltip(busy)).toBe('Nightjar\nload-orders, since 21:40 and 2 more\nNext: mirror, 21:47');
});

test('a pause until tomorrow ends at six by the machine’s calendar, also before six', () => {
  for (const time of [new Date(2026, 10, 17, 21, 45), new Date(2026, 10, 17, 2, 0)]) {
    expect(pauseEndAt('morning', time.getTime())).toBe(new Date(2026, 10, 18, 6, 0).getTime());
  }
  expect(pauseEndAt('hour', NOW)).toBe(NOW + 60 * MINUTE);
  expect(pauseEndAt('resumed', NOW)).toBeNull();
});
