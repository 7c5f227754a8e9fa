import { z } from 'zod';
import { retrySchema, stepsSchema, taskSchema, variablesSchema } from './task-schema.ts';
import { anyText, duration, flag, identifier, positiveDuration, size, text, variableName, whole } from './values.ts';

/**
 * The grammar of a job file and of `nightjar.yml` (product.md, "The job file"). This is the one source: types, validation, the
 * JSON Schema in `resources/`, the editor's hovers and the README's reference come from here. Rules that span several keys are
 * in check.ts.
 */

const textOrList = (what: string) =>
  z.union([text(what), z.array(text(what))], { error: `must be ${what}, or a list` });

const handler = (when: string) =>
  z
    .array(taskSchema)
    .min(1, { error: 'must have at least one task' })
    .optional()
    .describe(`Tasks that run one after another ${when}.`);

export const paramSchema = z.strictObject({
  type: z
    .enum(['string', 'number', 'boolean', 'choice'])
    .optional()
    .describe('What may be entered. Default: `string`.'),
  default: anyText()
    .optional()
    .describe('Taken where nothing is entered. A job with `scheduler` or `after` needs one for each param.'),
  choices: z
    .array(anyText())
    .min(1, { error: 'must have at least one value' })
    .optional()
    .describe('The values of a `choice`.'),
  description: text().optional().describe('What the run dialog says beside the field.'),
});

export const jobSchema = z.strictObject({
  scheduler: z
    .union([z.string(), z.array(z.string()).min(1, { error: 'must have at least one schedule' })], {
      error: 'must be a cron expression, or a list of them',
    })
    .optional()
    .describe(
      'When the job runs: a cron expression of 5 fields, or 6 with seconds first, or `@hourly`, `@daily` and friends; or a list ' +
        'of them. Without one it runs only when told to, or `after` another job.',
    ),
  pipeline_name: text('a name')
    .optional()
    .describe("The name used in logs and notifications. Default: the file's name."),
  variables: variablesSchema
    .optional()
    .describe('Environment variables of every task. Scalars become strings as written.'),
  description: anyText().optional().describe('What the job is for, in the words of whoever wrote it.'),
  timezone: z
    .string({ error: 'must be an IANA time zone such as Europe/Berlin' })
    .optional()
    .describe("IANA time zone of the schedules: `Europe/Berlin`. Default: the machine's."),
  repo: text('a folder or a git URL')
    .optional()
    .describe(
      'Folder, or git URL with `ref`: mounted at /workspace in containers, the working folder of processes. A folder is used as it is, ' +
        'relative to the job file; `~` is your home. A URL (https, ssh, git, file, or `user@host:path`) is fetched when the run ' +
        'starts, into a folder of its own that is removed afterwards; never with a password in it.',
    ),
  ref: text('a branch, tag or commit')
    .refine((value) => !value.startsWith('-'), { error: 'must not begin with `-`' })
    .optional()
    .describe(
      "Branch, tag or commit of a `repo` that is a git URL; a retry works on the commit of the first attempt. Default: the remote's default branch.",
    ),
  params: z
    .record(identifier(), paramSchema)
    .optional()
    .describe(
      'Values asked for when the job is run by hand, the last ones filled in; passed like variables, and stronger than those. A run that ' +
        'starts by itself takes the defaults.',
    ),
  env_file: textOrList('a path')
    .optional()
    .describe(
      'Files of KEY=VALUE lines, read when a run starts; a path or a list, relative to the job file. Stronger than nightjar.yml, weaker ' +
        "than the job's `variables`; never stored, and masked in logs.",
    ),
  requires_env: z
    .array(variableName())
    .optional()
    .describe(
      'Environment variables of this machine that must be set, and are passed into the tasks. A run waits until all of them are.',
    ),
  secrets: z
    .array(variableName())
    .optional()
    .describe(
      "Names of secrets, kept in the system's keyring by `nightjar secret set NAME` or in Settings. They are passed like variables, win " +
        'over all others, and are masked in every log. A run waits until all of them are set.',
    ),
  steps: stepsSchema
    .optional()
    .describe(
      'What the job does: groups, one after another; the tasks of a group run in parallel. A group of one may be written as the ' +
        'task itself. Default: the `steps` of nightjar.yml.',
    ),
  on_success: handler('after a run that succeeded'),
  on_failure: handler('after a run that failed or timed out'),
  on_cancel: handler('after a run that was cancelled, while it waited for its next attempt too'),
  always: handler('after every run, last'),
  overlap: z
    .enum(['skip', 'queue-one', 'queue-all', 'cancel-running', 'allow'])
    .optional()
    .describe(
      'What a scheduled run does while another of the job is queued or running: `skip` it, `queue-one`, `queue-all`, ' +
        '`cancel-running`, or `allow` both. Default: `skip`.',
    ),
  on_missed: z
    .enum(['skip', 'run-once', 'run-all'])
    .optional()
    .describe(
      'What happens with runs that were missed while the machine slept or Nightjar was closed: `skip`, `run-once` for the newest, ' +
        '`run-all` (at most 100). Default: `run-once`.',
    ),
  missed_deadline: positiveDuration()
    .optional()
    .describe('A missed run older than this is not caught up. Default: `24h`.'),
  jitter: duration()
    .optional()
    .describe(
      'A scheduled run starts up to this much after its due moment, so that not all jobs start at once: the same each time for one ' +
        'moment, and never into hours of `not_between`. Default: `0s`.',
    ),
  timeout: positiveDuration().optional().describe('One attempt of the run is stopped after this. Default: no limit.'),
  retry: retrySchema.optional().describe('Tries a failed run again. Default: one attempt.'),
  concurrency_group: text('a name')
    .optional()
    .describe('At most one run of all jobs that name the same group runs at a time.'),
  after: z
    .array(
      z.strictObject({
        job: text('the id or pipeline_name of a job').describe('Id or `pipeline_name` of the other job.'),
        on: z
          .enum(['success', 'failure', 'any'])
          .optional()
          .describe(
            'Which end of it counts: `success`, `failure` (failed, timed out or interrupted), or `any`, a cancelled one too. ' +
              'Default: `success`.',
          ),
      }),
    )
    .min(1, { error: 'must name at least one job' })
    .optional()
    .describe(
      'Runs this job each time another one has ended, after its last retry; several entries are "or". Such a run is never skipped for ' +
        'overlap, it waits. Jobs that would start one another in a circle are a mistake.',
    ),
  keep: z
    .strictObject({
      runs: whole(1, 1_000_000).optional().describe('How many runs. Default: 100.'),
      days: whole(1, 36_500).optional().describe('For how many days. Default: 90.'),
      bytes: size()
        .optional()
        .describe('How much of their logs, measurements and artifacts on disk. Default: `500MB`.'),
    })
    .optional()
    .describe(
      'How much of the history stays, whichever comes first; the last success and the last failure always do. What goes, goes with ' +
        'its logs, artifacts and kept containers.',
    ),
  not_between: z
    .array(
      z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, {
        error: 'must be hours such as 22:00-06:00',
      }),
    )
    .optional()
    .describe(
      'Hours, in the time zone of the job, in which no scheduled run starts: `["22:00-06:00"]`, from the first minute up to the last. What is ' +
        'due in them is skipped and never caught up; so is a scheduled run that waited, when its turn comes in them.',
    ),
  when: z
    .strictObject({
      power: z.enum(['ac']).optional().describe('`ac`: while the machine is plugged in.'),
      idle: positiveDuration().optional().describe('After nobody has touched the machine for this long.'),
      online: flag().optional().describe('`true`: while there is a network.'),
    })
    .optional()
    .describe(
      'A run that nobody started by hand waits until all of these hold, says so, and is skipped when they have not within ' +
        '`missed_deadline`. What a host cannot tell counts as met; `nightjar doctor` names it.',
    ),
  keep_awake: flag()
    .optional()
    .describe(
      'The desktop keeps the machine from going to sleep by itself while the job runs; a closed lid still sleeps. Default: `false`.',
    ),
  keep_container: z
    .enum(['never', 'on-failure', 'always'])
    .optional()
    .describe(
      'Leaves the containers of tasks that have ended for a look inside with a shell, from the page of the run or by `nightjar shell`; ' +
        'they go after 1 h. `on-failure`: those that failed or ran out of time. What was cancelled is not kept. The shell has the ' +
        "task's environment, secrets too. Default: `never`.",
    ),
  paused: flag()
    .optional()
    .describe('No scheduled runs while this is true; it can still be run by hand. Default: `false`.'),
  catch_up_after_pause: flag()
    .optional()
    .describe('Applies `on_missed` to what was due during a pause. Default: `false`.'),
});

/** `nightjar.yml` in the jobs home: what all its jobs share. */
export const homeSchema = z.strictObject({
  defaults: jobSchema
    .omit({ steps: true, pipeline_name: true })
    .optional()
    .describe('Merged under every job: maps by key, lists replaced. Paths are relative to nightjar.yml.'),
  steps: stepsSchema.optional().describe('The pipeline of every job that defines no `steps` of its own.'),
  max_parallel_runs: whole(1, 1_000)
    .optional()
    .describe('How many runs go on at a time. Default: the number of processors, at least 2.'),
  max_parallel_tasks: whole(1, 10_000)
    .optional()
    .describe('How many tasks go on at a time, over all runs. Default: twice `max_parallel_runs`.'),
});

export type JobFile = z.output<typeof jobSchema>;
export type HomeFile = z.output<typeof homeSchema>;
export type StepFile = NonNullable<JobFile['steps']>[number];
