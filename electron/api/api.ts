import { z } from 'zod';
import { LOG_STREAMS, ORIGINS, RUN_STATES, TASK_STATES, TRIGGERS, WAIT_CAUSES } from './words.ts';

/**
 * The contract between a host and whoever looks at it: every method and every event, what goes in and what comes out. The
 * preload's wire, the WebSocket host, the client and all their types are derived from `api`; both ends validate with it.
 *
 * Moments are epoch milliseconds (`…At`), durations milliseconds (`…Ms`). Events are hints that something changed; state is
 * always read by a call, so a reconnect is a re-read.
 *
 * Longer than 300 lines because it is one value: whoever looks for a method, an event or a field looks here.
 */

const moment = z.number();
const runId = z.number().int().positive();
const secretName = z.string().min(1).max(200);
const jobId = z.string().min(1).max(1024);
/** A run's id, or `job#12`. */
const runRef = z.union([runId, z.string().min(1).max(1100)]);

export const problemSchema = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  severity: z.enum(['error', 'warning']),
});

export const runSchema = z.object({
  id: runId,
  job: jobId,
  /** Counted within its job, from 1. */
  number: z.number().int(),
  pipelineName: z.string(),
  trigger: z.enum(TRIGGERS),
  state: z.enum(RUN_STATES),
  /** One sentence: why it waits, was skipped, failed or was cancelled; null where there is nothing to say. */
  reason: z.string().nullable(),
  /** What the failed task said, one line of its log; null where nothing failed, or it said nothing. */
  error: z.string().nullable(),
  dueAt: moment.nullable(),
  queuedAt: moment,
  /** A retry, or a run with `jitter`, waits until then. */
  notBeforeAt: moment.nullable(),
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  exitCode: z.number().int().nullable(),
  attempt: z.number().int(),
  /** How many attempts the job allows. */
  attempts: z.number().int(),
  params: z.record(z.string(), z.string()),
  /** Of a `skipped` row: how many occurrences in a row it stands for, and their first and last due moment. */
  skipped: z.object({ count: z.number().int(), firstAt: moment, lastAt: moment }).nullable(),
  /** Of an `after` run: the run whose end made it. It may be gone from the history by now. */
  upstream: z.object({ id: runId, job: jobId, number: z.number().int() }).nullable(),
});

export const taskRunSchema = z.object({
  id: z.number().int(),
  group: z.string(),
  groupIndex: z.number().int(),
  name: z.string(),
  /** `step` or the handler's key. */
  part: z.enum(['step', 'on_success', 'on_failure', 'on_cancel', 'always']),
  executor: z.enum(['docker', 'process', 'gitlab', 'github']),
  image: z.string().nullable(),
  imageDigest: z.string().nullable(),
  state: z.enum(TASK_STATES),
  reason: z.string().nullable(),
  /** The run's attempt that it belongs to, and its own attempt within that; both from 1. */
  runAttempt: z.number().int(),
  attempt: z.number().int(),
  attempts: z.number().int(),
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  exitCode: z.number().int().nullable(),
  /** Of the last successes of this task; null without history. */
  medianMs: z.number().nullable(),
});

/** A pipeline elsewhere that a task attempt triggered, as it was when it was last looked at. */
export const pipelineSchema = z.object({
  taskRunId: z.number().int(),
  service: z.enum(['GitLab', 'GitHub']),
  /** The service's number of it, and its page. */
  id: z.string(),
  url: z.string(),
  jobs: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      stage: z.string().nullable(),
      state: z.enum(TASK_STATES),
      /** What the service says to it, where that is more than the state. */
      note: z.string().nullable(),
      url: z.string().nullable(),
      startedAt: moment.nullable(),
      endedAt: moment.nullable(),
    }),
  ),
});

export const commitSchema = z.object({
  sha: z.string(),
  /** The first line of its message. */
  subject: z.string(),
  /** Whether files of a folder differed from it; null where nobody could tell in time. */
  isDirty: z.boolean().nullable(),
  /** Its page in a browser, where the host is known to have one. */
  url: z.string().nullable(),
});

/** What a run's tasks left: files for people, and variables for later groups. */
export const artifactsSchema = z.object({
  files: z
    .array(
      z.object({
        /** Below `folder`, with `/`. */
        path: z.string(),
        bytes: z.number(),
        at: moment,
      }),
    )
    .readonly(),
  /** Of all that is listed. */
  bytes: z.number(),
  /** There are more than are listed. */
  isCut: z.boolean(),
  folder: z.string(),
  /** Of the run's last attempt, in the order of its tasks. */
  outputs: z
    .array(
      z.object({
        taskRunId: z.number().int(),
        /** The group's name; of a handler the handler's key. */
        group: z.string(),
        task: z.string(),
        name: z.string(),
        value: z.string(),
      }),
    )
    .readonly(),
});

export const runDetailSchema = runSchema.extend({
  /** One of each (task, attempt), in the order of the definition; those not begun yet are `waiting`. */
  tasks: z.array(taskRunSchema),
  /** Names of the step groups in order. */
  groups: z.array(z.string()),
  medianMs: z.number().nullable(),
  variables: z.record(z.string(), z.string()),
  /** The job as it was when the run was queued, as YAML. */
  definition: z.string(),
  concurrencyGroup: z.string().nullable(),
  logLines: z.number().int(),
  logBytes: z.number().int(),
  /** What its workspace was at, where that is a git repository. */
  commit: commitSchema.nullable(),
  previous: z.object({ id: runId, number: z.number().int(), state: z.enum(RUN_STATES) }).nullable(),
  /** Containers of its tasks that stay for a look inside (`keep_container`), until when. */
  kept: z.array(z.object({ taskRunId: z.number().int(), untilAt: moment })),
  /** Those of its attempts that are pipelines elsewhere and have begun there. */
  pipelines: z.array(pipelineSchema),
  /** The runs that its end made (`after`). */
  downstream: z.array(z.object({ id: runId, job: jobId, number: z.number().int(), state: z.enum(RUN_STATES) })),
});

const variableSetting = z.object({
  /** `step/task` where it is that task's own; null: it is for every task. */
  task: z.string().nullable(),
  origin: z.enum(ORIGINS),
  /** The `env_file` that it was read from, or the `step/task` whose output it is. */
  source: z.string().nullable(),
  /** Null where it is not stored: from the host, a file or a secret. */
  value: z.string().nullable(),
});

export const variableSchema = variableSetting.extend({
  name: z.string(),
  /** What it wins over, the strongest first. */
  overrides: z.array(variableSetting),
  /** Against the run before: another value, or a name that it had not. */
  change: z.enum(['changed', 'new']).nullable(),
});

export const environmentSchema = z.object({
  /** False while the run waits: files, host and secrets are read when it starts. */
  isRead: z.boolean(),
  /** The job's `env_file`, absolute. */
  files: z.array(z.string()),
  /** The run that `change` is about: the one of the job before this that started; null where there is none. */
  comparedTo: z.object({ id: runId, number: z.number().int() }).nullable(),
  variables: z.array(variableSchema),
});

/** What a task attempt used; the three lists go together. */
export const taskStatsSchema = z.object({
  taskRunId: z.number().int(),
  at: z.array(moment).readonly(),
  /** Processors that were busy since the moment before, on average. */
  cpu: z.array(z.number()).readonly(),
  /** Bytes, without what the system would give back at once. */
  memory: z.array(z.number()).readonly(),
  cpuLimit: z.number().nullable(),
  memoryLimit: z.number().nullable(),
});

export const waitingSchema = runSchema.extend({
  /** From 1. */
  position: z.number().int(),
  cause: z.enum(WAIT_CAUSES).nullable(),
  /** Names of its secrets that are not set. */
  missingSecrets: z.array(z.string()),
  /** The run that it waits for, where there is one. */
  waitsFor: z.object({ id: runId, job: jobId, number: z.number().int() }).nullable(),
  /** Only where a prediction is honest. */
  predictedStartAt: moment.nullable(),
});

export const scheduleSchema = z.object({
  expression: z.string(),
  /** In words: "every 10 minutes". */
  words: z.string(),
});

export const jobSchema = z.object({
  id: jobId,
  /** Path of the file below the jobs home. */
  file: z.string(),
  pipelineName: z.string(),
  description: z.string().nullable(),
  schedules: z.array(scheduleSchema),
  /** Whose ends start it, in words: `after backup succeeds`. */
  after: z.array(z.string()),
  /** What else decides about its start, in words: `up to 30s later`, `not 22:00 to 06:00`, `on mains power`. */
  startRules: z.array(z.string()),
  timezone: z.string(),
  nextDueAt: moment.nullable(),
  /** What is true now. `problem`: the file is not valid and no valid version is known. */
  state: z.enum(['idle', 'waiting', 'running', 'paused', 'problem']),
  runningRun: runId.nullable(),
  last: z.object({ id: runId, number: z.number().int(), state: z.enum(RUN_STATES), endedAt: moment }).nullable(),
  /** Outcomes of the last 20 runs that are no skips, oldest first. */
  strip: z.array(z.object({ id: runId, state: z.enum(RUN_STATES) })),
  /** Of its last successes; null without history. */
  medianMs: z.number().nullable(),
  pause: z.object({ sinceAt: moment, untilAt: moment.nullable(), by: z.enum(['window', 'file', 'all']) }).nullable(),
  missingEnvironment: z.array(z.string()),
  /** Names of `secrets` that are not set. */
  missingSecrets: z.array(z.string()),
  problems: z.array(problemSchema),
  /** Of a file with errors: when the version that keeps running was first seen; null where there is none, or nobody noted it. */
  validSinceAt: moment.nullable(),
  params: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['string', 'number', 'boolean', 'choice']),
      default: z.string().nullable(),
      choices: z.array(z.string()),
      description: z.string().nullable(),
      last: z.string().nullable(),
    }),
  ),
});

export const engineSchema = z.object({
  /** `unknown` until a container task or somebody asks. */
  state: z.enum(['unknown', 'available', 'unavailable']),
  /** Where: `unix:///var/run/docker.sock`. */
  host: z.string().nullable(),
  /** Found by: `DOCKER_HOST`, `context desktop-linux`, `socket`. */
  foundBy: z.string().nullable(),
  version: z.string().nullable(),
  /** What the last try said. */
  error: z.string().nullable(),
  triedAt: moment.nullable(),
});

export const statusSchema = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'headless']),
  instance: z.string(),
  pid: z.number().int(),
  startedAt: moment,
  now: moment,
  timezone: z.string(),
  jobsHome: z.string(),
  dataFolder: z.string(),
  /** Of all jobs. */
  pause: z.object({ sinceAt: moment, untilAt: moment.nullable() }).nullable(),
  isDraining: z.boolean(),
  /** Runs that an older instance still finishes. */
  olderRuns: z.number().int(),
  /** Why nothing is started, where it concerns everything ("disk full"). */
  dispatchStopped: z.string().nullable(),
  running: z.number().int(),
  queued: z.number().int(),
  maxParallelRuns: z.number().int(),
  maxParallelTasks: z.number().int(),
  jobs: z.number().int(),
  problems: z.number().int(),
  engine: engineSchema,
  /** Engines that tasks name by a Docker context, as far as one was looked for. */
  engines: z.array(engineSchema.extend({ context: z.string() })),
  /** What \`engine.start\` would start: "Docker Desktop", "colima"; null where it cannot. */
  engineStarter: z.string().nullable(),
});

export const logLineSchema = z.object({
  number: z.number().int(),
  at: moment,
  taskRunId: z.number().int(),
  stream: z.enum(LOG_STREAMS),
  text: z.string(),
  isContinued: z.boolean(),
});

const logSelection = z.object({
  taskRunIds: z.array(z.number().int()).max(10_000).optional(),
  streams: z.array(z.enum(LOG_STREAMS)).max(3).optional(),
});

export const logSliceSchema = z.object({
  lines: z.array(logLineSchema).readonly(),
  from: z.number().int(),
  total: z.number().int(),
  unfinished: z.array(logLineSchema.omit({ number: true, isContinued: true })).readonly(),
});

export const runFilterSchema = z.object({
  job: jobId.optional(),
  /** Substring of the job's id. */
  jobContains: z.string().max(200).optional(),
  withoutJobs: z.array(jobId).max(100).optional(),
  states: z.array(z.enum(RUN_STATES)).max(RUN_STATES.length).optional(),
  triggers: z.array(z.enum(TRIGGERS)).max(TRIGGERS.length).optional(),
  fromAt: moment.optional(),
  toAt: moment.optional(),
});

export const occurrenceSchema = z.object({ job: jobId, dueAt: moment, medianMs: z.number().nullable() });

/** A stretch in which a job is due too often to tell each moment: every `(lastAt - firstAt) / (count - 1)` on average. */
export const occurrenceBandSchema = z.object({
  job: jobId,
  firstAt: moment,
  lastAt: moment,
  count: z.number().int().positive(),
  medianMs: z.number().nullable(),
});

export const upcomingSchema = z.object({
  occurrences: z.array(occurrenceSchema),
  bands: z.array(occurrenceBandSchema),
});

const bytes = z.number().int();

/** What retention removed. */
export const freedSchema = z.object({
  /** Skipped rows included. */
  runs: z.number().int(),
  /** Kept for a look inside, and let go with their runs. */
  containers: z.number().int(),
  /** Of all that follows. */
  bytes,
  logBytes: bytes,
  statsBytes: bytes,
  artifactBytes: bytes,
});

/** What a job's history takes of the disk. */
export const jobStorageSchema = z.object({
  job: jobId,
  /** There is no such file any more. */
  isGone: z.boolean(),
  /** Ended runs, and rows of what was skipped, which are counted apart. */
  runs: z.number().int(),
  skips: z.number().int(),
  /** Of all that follows. */
  bytes,
  logBytes: bytes,
  statsBytes: bytes,
  artifactBytes: bytes,
  /** Checkouts of the runs that are active. */
  worktreeBytes: bytes,
  /** Containers that were left for a look inside. */
  keptContainers: z.number().int(),
  keep: z.object({ runs: z.number().int(), days: z.number(), bytes: z.number() }),
});

export const storageSchema = z.object({
  /** Largest first; those that have left anything. */
  jobs: z.array(jobStorageSchema),
  databaseBytes: bytes,
  /** Copies of git repositories, which jobs share. */
  repoBytes: bytes,
  /** In the hours since `sinceAt`: the last day. */
  freed: freedSchema.extend({ sinceAt: moment }),
  /** Of the file system that the data folder is on. */
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }),
  /** Files of removed runs that could not be removed, each with the reason; the first few. */
  refused: z.array(z.string()),
});

export const checkSchema = z.object({
  name: z.string(),
  isOk: z.boolean(),
  /** A sentence: what was found, or what to do. */
  message: z.string(),
});

export const secretsSchema = z.object({
  secrets: z.array(
    z.object({
      name: secretName,
      /** What holds it; null: it is not set. */
      store: z.enum(['keyring', 'file']).nullable(),
      setAt: moment.nullable(),
      /** Ids of the jobs that name it. */
      jobs: z.array(jobId),
    }),
  ),
  home: z.object({
    store: z.enum(['keyring', 'file']),
    /** A sentence: where secrets are kept, how safe that is, and why not in the keyring. */
    message: z.string(),
  }),
});

export const fileSchema = z.object({
  path: z.string(),
  text: z.string(),
  /** Changes with every content; a save names the version it is based on. */
  version: z.string(),
  problems: z.array(problemSchema),
});

export const checkedFileSchema = z.object({
  problems: z.array(problemSchema),
  /** The next five, of the text as it is; empty where it is not valid. */
  nextDueAt: z.array(moment),
  groups: z.array(
    z.object({
      name: z.string(),
      tasks: z.array(z.object({ name: z.string(), executor: z.string(), image: z.string().nullable() })),
    }),
  ),
  /** What is done after the steps, by its key: `on_failure`. */
  handlers: z.array(
    z.object({
      key: z.enum(['on_success', 'on_failure', 'on_cancel', 'always']),
      tasks: z.array(z.object({ name: z.string(), executor: z.string(), image: z.string().nullable() })),
    }),
  ),
  schedules: z.array(scheduleSchema),
  after: z.array(z.string()),
  startRules: z.array(z.string()),
  timezone: z.string().nullable(),
});

const nothing = z.object({});
const artifactRef = z.object({ run: runRef, path: z.string().min(1).max(4096) });
const shellId = z.number().int().positive();
/** Of a terminal, in characters. */
const terminalSize = { columns: z.number().int().min(1).max(1_000), rows: z.number().int().min(1).max(1_000) };

export const api = {
  methods: {
    status: { input: nothing, output: statusSchema },
    doctor: { input: nothing, output: z.array(checkSchema) },
    /** Asks the user's login shell for its variables again; answers with those that jobs require and that are still not set. */
    lookAgain: { input: nothing, output: z.object({ missing: z.array(z.string()) }) },

    'jobs.list': { input: nothing, output: z.array(jobSchema) },
    /**
     * Upcoming occurrences of all jobs within `hours`, in order; skipped ones left out. A job that is due more often than its share of
     * `limit` is told by bands, and by the first few of its occurrences.
     */
    'jobs.upcoming': {
      input: z.object({
        hours: z
          .number()
          .min(1)
          .max(24 * 8),
        limit: z.number().int().min(1).max(20_000).default(5_000),
      }),
      output: upcomingSchema,
    },
    /** Takes one coming occurrence out; it is recorded as skipped when its moment comes. */
    'jobs.skip': { input: z.object({ job: jobId, dueAt: moment }), output: nothing },

    /** What runs, and the first of what waits: ten thousand of them would be more than one answer can hold. */
    'queue.get': {
      input: z.object({
        limit: z.number().int().min(1).max(1_000).default(1_000),
        /** The `next` of the page before; left out: from the first. */
        after: z.number().int().optional(),
      }),
      output: z.object({
        running: z.array(runDetailSchema.omit({ definition: true })),
        waiting: z.array(waitingSchema),
        /** All that wait, also those that `limit` left out. */
        waitingCount: z.number().int(),
        /** Where the next page begins, whatever has left the queue by then; null where nothing waits behind this one. */
        next: z.number().int().nullable(),
      }),
    },
    /** Run next: the job's run becomes the first of the queue, a new one or the one that waits with the same params. */
    'queue.next': {
      input: z.object({ job: jobId, params: z.record(z.string(), z.string()).default({}) }),
      output: runSchema,
    },
    /** To the top of the queue. */
    'queue.first': { input: z.object({ run: runRef }), output: runSchema },
    /** To the place of another waiting run, before or after it. */
    'queue.move': {
      input: z.object({ run: runRef, to: runRef, place: z.enum(['before', 'after']) }),
      output: runSchema,
    },
    'queue.pause': {
      input: z.object({ job: jobId.optional(), untilAt: moment.nullable().default(null) }),
      output: nothing,
    },
    'queue.resume': { input: z.object({ job: jobId.optional() }), output: nothing },

    'runs.list': {
      input: runFilterSchema.extend({
        /** Runs with a smaller id than this: the next page. */
        beforeId: runId.optional(),
        limit: z.number().int().min(1).max(1_000).default(100),
      }),
      output: z.object({ runs: z.array(runSchema), hasMore: z.boolean() }),
    },
    'runs.count': { input: runFilterSchema, output: z.object({ count: z.number().int(), all: z.number().int() }) },
    'runs.get': { input: z.object({ run: runRef }), output: runDetailSchema },
    'runs.cancel': { input: z.object({ run: runRef }), output: runSchema },
    /**
     * Run again: `same` definition as then, or the `current` one; goes to the top of the queue. From the `failed-step`, with the
     * same definition only: the groups before it are taken over as they are. Fails with `nothing-failed` where no group failed.
     */
    'runs.again': {
      input: z.object({
        run: runRef,
        definition: z.enum(['same', 'current']),
        from: z.enum(['start', 'failed-step']).default('start'),
      }),
      output: runSchema,
    },
    /** What its tasks get as environment variables, and from where. */
    'runs.environment': { input: z.object({ run: runRef }), output: environmentSchema },
    'artifacts.list': { input: z.object({ run: runRef }), output: artifactsSchema },
    /** In the program that the user has for such files; Failure `desktop-only` elsewhere. */
    'artifacts.open': { input: artifactRef, output: nothing },
    /** Shows it, or the whole folder, in the system's file manager; Failure `desktop-only` elsewhere. */
    'artifacts.reveal': { input: artifactRef.partial({ path: true }), output: nothing },
    /** An address of this host that gives out the file once, within a minute; Failure `browser-only` on the desktop. */
    'artifacts.download': { input: artifactRef, output: z.object({ path: z.string() }) },
    /** Of each task attempt that ran long enough to be measured, where the system tells. */
    'runs.stats': { input: z.object({ run: runRef }), output: z.array(taskStatsSchema) },

    /** `from` counts within the selection, from its end where negative. */
    'log.slice': {
      input: logSelection.extend({
        run: runRef,
        from: z.number().int(),
        count: z.number().int().min(0).max(5_000),
      }),
      output: logSliceSchema,
    },
    /** Place, within the selection, of the first line at or after a moment. */
    'log.at': {
      input: logSelection.extend({ run: runRef, at: moment }),
      output: z.object({ place: z.number().int(), total: z.number().int() }),
    },
    /** Place, within the selection, of the line with this number, or of the next that is selected. */
    'log.place': {
      input: logSelection.extend({ run: runRef, number: z.number().int() }),
      output: z.object({ place: z.number().int(), total: z.number().int() }),
    },
    /** Scans on from line `fromNumber` for at most a slice of time; `nextNumber` is null when the log's end was reached. */
    'log.search': {
      input: logSelection.extend({
        run: runRef,
        text: z.string().min(1).max(1_000),
        isCaseSensitive: z.boolean().default(false),
        fromNumber: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(10_000).default(1_000),
      }),
      output: z.object({ numbers: z.array(z.number().int()), nextNumber: z.number().int().nullable() }),
    },
    /**
     * The line to look at first: of a failed run, among the lines of the tasks that failed, the first that looks like an error, else
     * their last words; of another, the first of the selection that looks like an error. Null where there is none.
     */
    'log.firstError': {
      input: logSelection.extend({ run: runRef }),
      output: z.object({ number: z.number().int().nullable() }),
    },

    /** Removes the kept container of a task attempt before its hour is over. Fails with `not-kept`, `engine-unavailable`. */
    'kept.remove': { input: z.object({ taskRunId: z.number().int() }), output: nothing },
    /**
     * A shell in what a kept container left. Fails with `not-kept`, `engine-unavailable`, `container-gone`, `no-shell`,
     * `shell-refused`, `too-many-shells`. One that nobody reads from for five minutes is closed.
     */
    'shell.open': {
      input: z.object({ taskRunId: z.number().int(), ...terminalSize }),
      output: z.object({ shell: shellId }),
    },
    /**
     * What it has shown from this place on, as much as fits; what is before the place is forgotten, so a reader goes on from
     * `from` and the length of `text`. `ended` says why there will be no more, once all has been read.
     */
    'shell.read': {
      input: z.object({ shell: shellId, from: z.number().int().min(0) }),
      output: z.object({ from: z.number().int(), text: z.string(), ended: z.string().nullable() }),
    },
    'shell.write': { input: z.object({ shell: shellId, text: z.string().max(65_536) }), output: nothing },
    'shell.resize': { input: z.object({ shell: shellId, ...terminalSize }), output: nothing },
    'shell.close': { input: z.object({ shell: shellId }), output: nothing },

    /**
     * Starts the engine that Docker's configuration means, on this host's machine; answers when it is there. Fails with
     * `no-starter` where nobody knows how (`status.engineStarter` is null), `engine-not-started` after a minute.
     */
    'engine.start': { input: nothing, output: nothing },

    'files.read': { input: z.object({ path: z.string().max(1024) }), output: fileSchema },
    /** The path, the text as it would be saved: what the scheduler would say to it. */
    'files.check': {
      input: z.object({ path: z.string().max(1024), text: z.string().max(1_048_576) }),
      output: checkedFileSchema,
    },
    /** Atomic. With `basedOn` null the file must be new. Fails with `changed-on-disk` where the file is not that version any more. */
    'files.save': {
      input: z.object({ path: z.string().max(1024), text: z.string().max(1_048_576), basedOn: z.string().nullable() }),
      output: fileSchema,
    },
    /** To the system's trash on the desktop, else to `.trash` in the data folder. */
    'files.trash': { input: z.object({ path: z.string().max(1024) }), output: z.object({ to: z.string() }) },
    /** In the program that the user has for such files; Failure `desktop-only` elsewhere. */
    'files.open': { input: z.object({ path: z.string().max(1024) }), output: nothing },
    /** Shows where it is, in the system's file manager; Failure `desktop-only` elsewhere. */
    'files.reveal': { input: z.object({ path: z.string().max(1024) }), output: nothing },
    /** The JSON Schema of the job file. */
    'files.schema': { input: nothing, output: z.record(z.string(), z.unknown()) },

    /** Those that are set and those that jobs name, the missing ones first; and where a new one would be kept. Never a value. */
    'secrets.list': { input: nothing, output: secretsSchema },
    /** In the keyring, or the file where there is none or `file` is asked for. Fails with `bad-secret`, `keyring` or `secrets-file`. */
    'secrets.set': {
      input: z.object({
        name: secretName,
        value: z.string().max(100_000),
        where: z.enum(['best', 'file']).default('best'),
      }),
      output: z.object({ store: z.enum(['keyring', 'file']) }),
    },
    'secrets.delete': { input: z.object({ name: secretName }), output: nothing },

    /** The ledger: who takes how much of the disk. */
    'storage.list': { input: nothing, output: storageSchema },
    /** Removes now what `keep` of the jobs no longer holds, as is done every hour. */
    'storage.cleanUp': { input: nothing, output: freedSchema },
    /** Removes all ended runs of a job, its last success and failure too. Fails with `no-history` where there are none. */
    'storage.removeHistory': { input: z.object({ job: jobId }), output: freedSchema },

    'settings.get': { input: nothing, output: z.record(z.string(), z.unknown()) },
    'settings.set': { input: z.object({ key: z.string().max(100), value: z.unknown() }), output: nothing },
  },
  events: {
    /** Job files, their problems, their due moments or their pauses. */
    'jobs.changed': z.object({}),
    /** Secrets were set or deleted, here or by another program, or the keyring answers otherwise than before. */
    'secrets.changed': z.object({}),
    'queue.changed': z.object({}),
    /** One run's state, tasks or attempts. */
    'run.changed': z.object({ run: runId }),
    /** The log of a run has this many finished lines now; sent only to who subscribed with the run's id as key. */
    'log.grew': z.object({ run: runId, lines: z.number().int() }),
    /** There is more to see of what a run's tasks use; sent only to who subscribed with the run's id as key. */
    'stats.grew': z.object({ run: runId }),
    /** Sizes, or what was removed. */
    'storage.changed': z.object({}),
    /** A shell has more to read, or has ended; sent only to who subscribed with its number as key. */
    'shell.grew': z.object({ shell: shellId }),
    'status.changed': z.object({}),
  },
} as const;

export type Api = typeof api;
export type Method = keyof Api['methods'];
export type EventName = keyof Api['events'];
export type Input<M extends Method> = z.input<Api['methods'][M]['input']>;
export type ParsedInput<M extends Method> = z.output<Api['methods'][M]['input']>;
export type Output<M extends Method> = z.output<Api['methods'][M]['output']>;
export type EventData<E extends EventName> = z.output<Api['events'][E]>;

/** Sent only to who subscribed with the key that they concern: they come too often to tell everybody. */
export const KEYED_EVENTS: readonly EventName[] = ['log.grew', 'stats.grew', 'shell.grew'];

export type Run = z.output<typeof runSchema>;
export type RunDetail = z.output<typeof runDetailSchema>;
export type TaskRun = z.output<typeof taskRunSchema>;
export type Environment = z.output<typeof environmentSchema>;
export type Variable = z.output<typeof variableSchema>;
export type Artifacts = z.output<typeof artifactsSchema>;
export type Commit = z.output<typeof commitSchema>;
export type Pipeline = z.output<typeof pipelineSchema>;
export type TaskStats = z.output<typeof taskStatsSchema>;
export type WaitingRun = z.output<typeof waitingSchema>;
export type Job = z.output<typeof jobSchema>;
export type Status = z.output<typeof statusSchema>;
export type Engine = z.output<typeof engineSchema>;
export type LogLineView = z.output<typeof logLineSchema>;
export type RunFilter = z.output<typeof runFilterSchema>;
export type Secrets = z.output<typeof secretsSchema>;
export type FileView = z.output<typeof fileSchema>;
export type CheckedFile = z.output<typeof checkedFileSchema>;
export type Storage = z.output<typeof storageSchema>;
export type JobStorage = z.output<typeof jobStorageSchema>;
export type Freed = z.output<typeof freedSchema>;
export type Check = z.output<typeof checkSchema>;
export type Occurrence = z.output<typeof occurrenceSchema>;
export type OccurrenceBand = z.output<typeof occurrenceBandSchema>;
export type Upcoming = z.output<typeof upcomingSchema>;
