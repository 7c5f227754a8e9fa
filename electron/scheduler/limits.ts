import { availableParallelism } from 'node:os';
import type { HomeView } from './job-file/jobs-home.ts';
import type { SettingsStore } from './store/settings-store.ts';

export interface Limits {
  /** `max_parallel_runs`. */
  readonly runs: number;
  /** `max_parallel_tasks`, over all runs. */
  readonly tasks: number;
}

/** What is asked of a number in the settings: nightjar.yml is checked by its schema, the settings are checked here. */
function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}

/** From nightjar.yml, else the settings, else the machine: as many runs as processors, at least 2, and twice as many tasks. */
export function limitsOf(home: HomeView, settings: SettingsStore): Limits {
  const runs = home.maxParallelRuns ?? positive(settings.get('maxParallelRuns')) ?? Math.max(2, availableParallelism());
  return { runs, tasks: home.maxParallelTasks ?? positive(settings.get('maxParallelTasks')) ?? 2 * runs };
}
