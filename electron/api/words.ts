/**
 * The closed lists of words that YAML, SQL, code and the screen share (product.md, Glossary). Declared here once, because the
 * contract, the scheduler and the renderer all speak them.
 */
export const RUN_STATES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'timed-out',
  'interrupted',
  'skipped',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Why a run exists. */
export const TRIGGERS = ['scheduled', 'manual', 'missed', 'after'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/**
 * Where a variable of a run comes from, the weakest first: a later origin wins over all before it (product.md, Environment).
 * `output` is what an earlier group of the run wrote; `nightjar` is what Nightjar says about the run, which nobody overrides.
 */
export const ORIGINS = ['host', 'home', 'env-file', 'job', 'output', 'task', 'param', 'secret', 'nightjar'] as const;
export type Origin = (typeof ORIGINS)[number];

/** Of one attempt of one task. */
export const TASK_STATES = [
  'waiting',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'timed-out',
  'interrupted',
  'skipped',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What a task's output came through; `nightjar` is what Nightjar itself says in a log. */
export const LOG_STREAMS = ['stdout', 'stderr', 'nightjar'] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

/** What keeps a queued run from starting. */
export const WAIT_CAUSES = [
  'capacity',
  'already-running',
  'group-busy',
  'engine-unavailable',
  'paused',
  'missing-environment',
  'retry',
  /** Its job's `jitter`. */
  'jitter',
  /** A condition of its job's `when`. */
  'condition',
  'draining',
  'disk-full',
] as const;
export type WaitCause = (typeof WAIT_CAUSES)[number];
