import { describe, expect, test } from 'vitest';
import { definitionOf, homeProblemsOf, parse, problemsOf, settingsOf } from './parsing.ts';

const STEP = 'steps: [{ command: x }]\n';

describe('a valid job', () => {
  test("Orchestrate's own example is valid as it stands, trailing blank of the schedule included", () => {
    const { definition, problems } = parse(
      "scheduler: '*/10 * * * * '\npipeline_name: 'example_job'\nvariables:\n    TEST_PIPELINE: 'true'\n",
      settingsOf('steps: [{ command: echo }]'),
    );
    expect(problems).toEqual([]);
    expect(definition).toMatchObject({
      id: 'reports/daily',
      file: '/jobs/reports/daily.yml',
      scheduler: ['*/10 * * * *'],
      pipelineName: 'example_job',
      variables: { TEST_PIPELINE: 'true' },
      steps: [{ name: 'step-1', tasks: [{ name: 'step-1', command: 'echo', executor: 'process' }] }],
    });
  });

  test('what is left out has the documented default', () => {
    expect(definitionOf(STEP)).toEqual({
      id: 'reports/daily',
      file: '/jobs/reports/daily.yml',
      pipelineName: 'daily',
      description: null,
      scheduler: [],
      timezone: null,
      homeVariables: {},
      variables: {},
      repo: null,
      ref: null,
      params: {},
      envFile: [],
      requiresEnv: [],
      secrets: [],
      steps: [
        {
          name: 'step-1',
          tasks: [
            {
              name: 'step-1',
              executor: 'process',
              image: null,
              build: null,
              command: 'x',
              entrypoint: null,
              variables: {},
              workdir: null,
              user: null,
              volumes: [],
              network: null,
              cpus: null,
              memory: null,
              pull: 'missing',
              timeoutMs: null,
              retry: null,
              allowFailure: false,
              stopSignal: null,
              stopTimeoutMs: 10_000,
              matrix: null,
              engine: null,
              gitlab: null,
              github: null,
            },
          ],
        },
      ],
      onSuccess: [],
      onFailure: [],
      onCancel: [],
      always: [],
      overlap: 'skip',
      onMissed: 'run-once',
      missedDeadlineMs: 86_400_000,
      jitterMs: 0,
      timeoutMs: null,
      retry: null,
      concurrencyGroup: null,
      after: [],
      keep: { runs: 100, days: 90, bytes: 500_000_000 },
      notBetween: [],
      when: { power: null, idleMs: null, online: null },
      keepAwake: false,
      keepContainer: 'never',
      paused: false,
      catchUpAfterPause: false,
    });
  });

  test('scalars of variables and commands are text as they were written', () => {
    const { variables, steps } = definitionOf(
      'variables: { A: true, B: 1.50, C: 0x1F, D: "007", E: 1_000, F: off, G: 1e3 }\n' +
        'steps: [{ command: true }, { command: [sleep, 5, 1.0] }]\n',
    );
    expect(variables).toEqual({ A: 'true', B: '1.50', C: '0x1F', D: '007', E: '1_000', F: 'off', G: '1e3' });
    expect(steps.map((step) => step.tasks[0]?.command)).toEqual(['true', ['sleep', '5', '1.0']]);
  });

  test('scalars are text as written behind an alias and a merge key too', () => {
    const { variables } = definitionOf(
      `variables: &shared { A: 1.50 }\nsteps: [{ command: x, variables: { <<: *shared, B: 2.0 } }]\n`,
    );
    expect(variables).toEqual({ A: '1.50' });
    const text = `variables: &shared { A: 1.50 }\nsteps: [{ command: x, variables: { <<: *shared, B: 2.0 } }]\n`;
    expect(definitionOf(text).steps[0]?.tasks[0]?.variables).toEqual({ A: '1.50', B: '2.0' });
  });

  test('`on` is a key and no truth, and a byte order mark, CRLF and tabs between words do not matter', () => {
    const text = '\uFEFFsteps:\r\n  - command: x\r\nafter:\r\n  - job:\tbackup\r\n    on: failure\r\n';
    const { definition, problems } = parse(text);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(definition?.after).toEqual([{ job: 'backup', on: 'failure' }]);
  });

  test('the executor follows from the keys', () => {
    const { definition } = parse(
      'steps:\n- { image: a }\n- { build: . }\n- { gitlab: { ref: main } }\n- { github: { repo: a/b, workflow: c, ref: d } }\n' +
        '- { command: x }\n- { executor: process, command: x }\n',
    );
    expect(definition?.steps.map((step) => step.tasks[0]?.executor)).toEqual([
      'docker',
      'docker',
      'gitlab',
      'github',
      'process',
      'process',
    ]);
  });

  test('paths begin at the folder of the file, and ~ at the home of the user', () => {
    const job = definitionOf(
      'repo: ~/src\nenv_file: [.env, /etc/env]\nsteps:\n- image: a\n  volumes: [./data:/data:ro, ~/x:/x, cache:/c, /abs:/abs]\n',
    );
    expect(job.repo).toBe('/home/ada/src');
    expect(job.envFile).toEqual(['/jobs/reports/.env', '/etc/env']);
    expect(job.steps[0]?.tasks[0]?.volumes).toEqual([
      '/jobs/reports/data:/data:ro',
      '/home/ada/x:/x',
      'cache:/c',
      '/abs:/abs',
    ]);
  });

  test('durations and sizes have units: MB is a million bytes, MiB is 1024 KiB', () => {
    const task = definitionOf(
      'steps: [{ image: a, memory: 512MB, timeout: 1.5h, stop_timeout: 0s, retry: { interval: 2h } }, { image: a, memory: 512MiB }]',
    ).steps.map((step) => step.tasks[0]);
    expect(task.map((each) => each?.memory)).toEqual([512_000_000, 536_870_912]);
    expect(task[0]).toMatchObject({ timeoutMs: 5_400_000, stopTimeoutMs: 0 });
    expect(task[0]?.retry).toEqual({
      limit: 1,
      intervalMs: 7_200_000,
      backoff: 1,
      maxIntervalMs: 7_200_000,
      exitCodes: [],
    });
  });

  test('variables may be called like what JavaScript objects have', () => {
    const { variables } = definitionOf(`variables: { __proto__: a, constructor: b, toString: c }\n${STEP}`);
    expect(Object.entries(variables)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
  });
});

describe('nightjar.yml', () => {
  test('defaults lie under every job: maps by key, lists and scalars replaced', () => {
    const settings = settingsOf(
      'defaults:\n  variables: { A: 1, B: 2 }\n  env_file: [shared.env]\n  retry: { limit: 3, interval: 1m }\n  timezone: UTC\n' +
        '  requires_env: [X]\nmax_parallel_runs: 3\n',
    );
    const job = definitionOf(`variables: { B: 3 }\nretry: { limit: 1 }\nrequires_env: [Y]\n${STEP}`, settings);
    expect(job).toMatchObject({
      // Apart from the job's own: an env_file wins over them.
      homeVariables: { A: '1', B: '2' },
      variables: { B: '3' },
      envFile: ['/jobs/shared.env'],
      retry: { limit: 1, intervalMs: 60_000 },
      timezone: 'UTC',
      requiresEnv: ['Y'],
    });
    expect(settings).toMatchObject({ maxParallelRuns: 3, maxParallelTasks: null });
  });

  test('its steps are for jobs that have none, and a job with its own keeps them', () => {
    const settings = settingsOf('steps: [{ name: shared, command: x }]');
    expect(definitionOf('description: a', settings).steps[0]?.name).toBe('shared');
    expect(definitionOf(STEP, settings).steps[0]?.name).toBe('step-1');
  });

  test('its mistakes are its own Problems', () => {
    expect(
      homeProblemsOf('defaults: { overlap: skp, steps: [] }\nmax_paralel_runs: 0\nsteps: [{ image: a, comand: x }]\n'),
    ).toEqual([
      'nightjar.yml:1:22: `overlap` must be one of skip, queue-one, queue-all, cancel-running, allow; found `skp`; did you mean `skip`?',
      'nightjar.yml:1:27: unknown key `steps`',
      'nightjar.yml:2:1: unknown key `max_paralel_runs`; did you mean `max_parallel_runs`?',
      'nightjar.yml:3:21: unknown key `comand`; did you mean `command`?',
    ]);
  });

  test('a scheduled job lacks a default of a param that nightjar.yml gives it', () => {
    const settings = settingsOf('defaults: { params: { day: { type: string } } }');
    expect(problemsOf(`scheduler: '@daily'\n${STEP}`, settings)).toEqual([
      '1:1: `params.day` needs a `default`, because this job is scheduled',
    ]);
  });
});

describe('warnings', () => {
  test('a job without steps, and none in nightjar.yml, is valid and says what will happen', () => {
    expect(parse("scheduler: '@daily'\n").definition).not.toBeNull();
    expect(problemsOf("scheduler: '@daily'\n")).toEqual([
      '1:1: warning: the job has no `steps`, and there are none in nightjar.yml: its runs fail with "no steps"',
    ]);
  });

  test('a Dockerfile must be within its context', () => {
    const found = (dockerfile: string) =>
      problemsOf(`steps:\n- name: a\n  build: { context: ., dockerfile: '${dockerfile}' }\n`);
    expect([found('docker/Dockerfile'), found('a/../Dockerfile')]).toEqual([[], []]);
    for (const path of ['../Dockerfile', 'a/../../b', '/etc/passwd', '..', 'C:/b']) {
      expect(found(path)).toEqual([expect.stringMatching(/^3:\d+: `dockerfile` must be a path within the context/)]);
    }
  });

  test('a key that does nothing where it stands is named', () => {
    expect(problemsOf('steps:\n- command: x\n  memory: 1GB\n')).toEqual([
      '3:3: warning: `memory` has no effect on a process; give the task an `image`, or take the key out',
    ]);
  });
});
