import type { RunState, TaskState } from '../../electron/api/words.ts';
import type { IconName } from './icon-name.ts';

/** What only a job can be. */
export type JobLook = 'paused' | 'problem' | 'idle';

type Look = { icon: IconName; tone: string; word: string };

const LOOKS: Record<RunState | TaskState | JobLook, Look> = {
  queued: { icon: 'waiting', tone: 't2', word: 'queued' },
  waiting: { icon: 'waiting', tone: 't2', word: 'waiting' },
  running: { icon: 'running', tone: 'c-run', word: 'running' },
  succeeded: { icon: 'succeeded', tone: 'c-ok', word: 'succeeded' },
  failed: { icon: 'failed', tone: 'c-fail', word: 'failed' },
  cancelled: { icon: 'cancelled', tone: 't2', word: 'cancelled' },
  'timed-out': { icon: 'timed-out', tone: 'c-fail', word: 'timed out' },
  interrupted: { icon: 'interrupted', tone: 'c-warn', word: 'interrupted' },
  skipped: { icon: 'skipped', tone: 't3', word: 'skipped' },
  paused: { icon: 'paused', tone: 't3', word: 'paused' },
  problem: { icon: 'problem', tone: 'c-fail', word: 'problem in the file' },
  idle: { icon: 'manual', tone: 't3', word: 'never run' },
};

/** Icon, colour class and word of a state: never colour alone. */
export function stateLook(state: RunState | TaskState | JobLook): Look {
  return LOOKS[state];
}
