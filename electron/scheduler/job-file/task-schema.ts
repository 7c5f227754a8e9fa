import { z } from 'zod';
import {
  anyText,
  duration,
  flag,
  imageName,
  matrixValue,
  positiveDuration,
  size,
  stepName,
  text,
  SIGNALS,
  variableName,
  webAddress,
  whole,
} from './values.ts';

/** Below this Docker refuses to start a container. */
const LEAST_MEMORY = 6_291_456;

export const variablesSchema = z.record(variableName(), anyText());

export const retrySchema = z.strictObject({
  limit: whole(0, 100).optional().describe('How many attempts may follow the first. Default: 1.'),
  interval: duration().optional().describe('The wait before the first retry. Default: `10s`.'),
  backoff: z
    .number({ error: 'must be a number from 1 to 100' })
    .min(1, { error: 'must be a number from 1 to 100' })
    .max(100, { error: 'must be a number from 1 to 100' })
    .optional()
    .describe('Each further wait is this times the last one. Default: 1.'),
  max_interval: duration().optional().describe('No wait is longer than this. Default: `1h`.'),
  exit_codes: z
    .array(whole(0, 4_294_967_295))
    .min(1, { error: 'must name at least one exit code' })
    .optional()
    .describe('Only a failure with one of these exit codes is retried. Default: every failure.'),
});

/** The keys of a task. The descriptions are the editor's hovers and the README's reference. */
export const taskSchema = z
  .strictObject({
    name: stepName()
      .optional()
      .describe('How logs and commands call the task; unique in its group, without `/`. Default: `step-2`, `task-1`.'),
    image: imageName()
      .optional()
      .describe('The container image to run in: `python:3.13-slim`. Without an image the task is a process.'),
    build: z
      .union(
        [
          z.string(),
          z.strictObject({
            context: text('a folder').describe('The folder that is sent to the engine; relative to the job file.'),
            dockerfile: text('a path')
              .optional()
              .describe('Path of the Dockerfile within the context. Default: `Dockerfile`.'),
          }),
        ],
        { error: 'must be a folder, or a map of `context` and `dockerfile`' },
      )
      .optional()
      .describe(
        'Builds the image from a folder before the task runs: a folder, or `{ context, dockerfile }`. `.dockerignore` is honoured, the ' +
          'engine caches the steps, and `pull` is about the images it begins with. With an `image` the result gets that name. Neither ' +
          'variables nor secrets are build arguments.',
      ),
    command: z
      .union([anyText(), z.array(anyText()).min(1, { error: 'must name at least the program' })], {
        error: 'must be a command: text for a shell, or a list of program and arguments',
      })
      .optional()
      .describe(
        'What runs. Text runs in a shell that stops at the first error (`/bin/sh -ec`; PowerShell on Windows); a list is ' +
          "executed as it is. Without one, the image's own command; a process needs one.",
      ),
    entrypoint: z
      .union([text(), z.array(anyText())], { error: 'must be a program, or a list of program and arguments' })
      .optional()
      .describe("Takes the place of the image's entrypoint: a program, or a list of program and arguments."),
    variables: variablesSchema
      .optional()
      .describe("Environment variables of this task; they win over the job's. Scalars become strings as written."),
    workdir: text('a folder')
      .optional()
      .describe(
        "The folder to work in. Default: /workspace where the job has a `repo`, else the image's; of a process, the `repo` " +
          "or the job file's folder.",
      ),
    user: text('a user such as 1000:1000')
      .optional()
      .describe("User (and group) inside the container: `1000:1000`, `postgres`. Default: the image's."),
    volumes: z
      .array(
        text('`source:target`, as in ./data:/data:ro').refine(isVolume, {
          error:
            'must be `source:target[:mode]`: an absolute target, and a source that is a name, or begins with `/`, `./` or `~`',
        }),
      )
      .optional()
      .describe(
        'Folders and named volumes to mount: `./data:/data:ro`, `cache:/root/.cache`. `~` and `./` are resolved.',
      ),
    network: text('the name of a network')
      .optional()
      .describe("`host`, `none`, `bridge` or the name of a network. Default: the engine's own."),
    cpus: z
      .number({ error: 'must be a number of processors such as 1.5' })
      .min(0.01, { error: 'must be at least 0.01' })
      .max(1024, { error: 'must be at most 1024' })
      .optional()
      .describe('How many processors the container may use: `1.5`. Default: no limit.'),
    memory: size()
      .refine((bytes) => bytes >= LEAST_MEMORY, { error: 'must be at least 6MiB, or no container starts' })
      .optional()
      .describe('How much memory the container may use: `512MB`, `1GiB`. Default: no limit.'),
    pull: z
      .enum(['missing', 'always', 'never', 'fallback'])
      .optional()
      .describe(
        'When the image is fetched: `missing` on this machine, `always`, `never`, or `fallback`: always, but what is here ' +
          'will do when the registry does not answer. Default: `missing`.',
      ),
    timeout: positiveDuration()
      .optional()
      .describe('One attempt of the task is stopped after this. Default: no limit.'),
    retry: retrySchema.optional().describe('Tries a failed task again. Default: one attempt.'),
    allow_failure: flag()
      .optional()
      .describe('The run goes on, and may succeed, when this task fails. Default: `false`.'),
    stop_signal: z
      .enum(SIGNALS)
      .optional()
      .describe("How the task is asked to end: `SIGINT`. Default: the image's, else `SIGTERM`."),
    stop_timeout: duration().optional().describe('How long it may take to end before it is killed. Default: `10s`.'),
    matrix: z
      .record(variableName(), z.array(matrixValue()).min(1, { error: 'must have at least one value' }))
      .optional()
      .describe(
        'Runs the task once for each combination of these variables, at most 256, side by side: `{ version: [16, 17] }` makes ' +
          '`test (version=16)` and `test (version=17)`. The command reads them as variables, `$version`; no other key does.',
      ),
    engine: text('the name of a Docker context')
      .optional()
      .describe(
        'The Docker context to run on, one of `docker context ls`, over ssh or TLS too. On another machine, folders to mount are those of ' +
          'that machine, and there is no NIGHTJAR_OUTPUT and NIGHTJAR_ARTIFACTS. Default: the engine that is found.',
      ),
    gitlab: z
      .strictObject({
        project: text('a project such as group/name, or its number')
          .optional()
          .describe('Path or number of the project. Default: `CI_PROJECT_ID`.'),
        ref: text('a branch or tag')
          .optional()
          .describe("Branch or tag that the pipeline runs on. Default: the project's default branch."),
        url: webAddress()
          .optional()
          .describe('Address of the server or of its API. Default: `CI_API_V4_URL`, else `https://gitlab.com`.'),
      })
      .optional()
      .describe(
        'Triggers a pipeline on GitLab with the variables of the run, and follows it to its end; `{}` where the defaults do. Values of ' +
          '`requires_env`, `env_file` and `secrets` are not sent. Needs `GITLAB_TOKEN`, an access token with the scope `api`.',
      ),
    github: z
      .strictObject({
        repo: text('owner/name')
          .refine((value) => /^[\w.-]+\/[\w.-]+$/.test(value), { error: 'must be owner/name' })
          .describe('`owner/name`.'),
        workflow: text('the name of a workflow file').describe('File name of the workflow: `deploy.yml`.'),
        ref: text('a branch or tag')
          .optional()
          .describe("Branch or tag that the workflow runs on. Default: the repository's default branch."),
      })
      .optional()
      .describe(
        'Triggers a workflow on GitHub, which must have `workflow_dispatch`, and follows it to its end. Its inputs get the variables of ' +
          'the same names; values of `requires_env`, `env_file` and `secrets` are not sent. Needs `GITHUB_TOKEN`, a token that may write ' +
          'actions; `GITHUB_API_URL` for a server of your own.',
      ),
    executor: z
      .enum(['docker', 'process', 'gitlab', 'github'])
      .optional()
      .describe(
        'What runs the task. Default: `docker` with an `image` or `build`, `gitlab` or `github` with theirs, else `process`.',
      ),
  })
  .meta({ id: 'task', description: 'One command, in a container or as a process of this machine.' });

export const groupSchema = z
  .strictObject({
    name: stepName()
      .optional()
      .describe('How logs and the queue call the group; unique in the job. Default: `step-2`.'),
    tasks: z
      .array(taskSchema)
      .min(1, { error: 'must have at least one task' })
      .describe('Tasks that start together; the next group starts when all have ended.'),
  })
  .meta({ id: 'group', description: 'Tasks that run in parallel.' });

export const stepsSchema = z
  .array(z.union([taskSchema, groupSchema], { error: 'must be a task, or a group with `tasks`' }))
  .min(1, { error: 'must have at least one step' });

export type TaskFile = z.output<typeof taskSchema>;
export type GroupFile = z.output<typeof groupSchema>;
export type RetryFile = z.output<typeof retrySchema>;

function isVolume(volume: string): boolean {
  // A drive letter's colon parts nothing: C:\data:/data.
  const parts = volume.replace(/^[A-Za-z]:(?=[\\/])/, '').split(':');
  const [source = '', target = ''] = parts;
  if (parts.length < 2 || parts.length > 3 || source === '' || !target.startsWith('/')) return false;
  return /^([./~\\])/.test(source) || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source);
}
