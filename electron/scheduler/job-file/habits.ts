/**
 * What other tools (GitLab, GitHub, Compose, Ofelia, crontabs) call a key of ours: people write it out of habit, and no spelling
 * distance leads from one to the other.
 */
const HABITS: Readonly<Record<string, readonly string[]>> = {
  scheduler: ['cron', 'crontab', 'schedules'],
  pipeline_name: ['name', 'title'],
  variables: ['env', 'environment', 'vars'],
  command: ['run', 'script', 'cmd', 'exec'],
  workdir: ['cwd', 'working_dir', 'working_directory', 'dir'],
  steps: ['jobs', 'stages', 'groups'],
  tasks: ['parallel'],
  after: ['needs', 'depends_on', 'dependencies'],
  retry: ['max_retries', 'attempts'],
  allow_failure: ['continue_on_error', 'ignore_failure'],
  timezone: ['tz', 'time_zone'],
  memory: ['mem_limit', 'memory_limit'],
  stop_timeout: ['stop_grace_period'],
  network: ['network_mode'],
  pull: ['pull_policy'],
  paused: ['disabled', 'suspend'],
  overlap: ['concurrency', 'concurrency_policy', 'no_overlap'],
};

/** The key among `known` that `key` stands for elsewhere. */
export function byHabit(key: string, known: readonly string[]): string | undefined {
  const wanted = key.toLowerCase().replaceAll('-', '_');
  return known.find((ours) => HABITS[ours]?.includes(wanted));
}
