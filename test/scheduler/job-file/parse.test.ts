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
      variables: { A: '1', B: '3' },
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

test('all mistakes of a file are told at once, each at its place', () => {
  expect(
    problemsOf(
      [
        'taks: 1',
        'overlap: skp',
        'scheduler: 61 * * * *',
        'timezone: Europe/Berln',
        'steps:',
        '  - { name: a, imag: b }',
        '  - name: a',
        '    tasks: [{ commnd: x }, 5, { name: b, command: [] }]',
        '  - foo',
        'timeout: 90',
        'retry: 3',
      ].join('\n'),
    ),
  ).toEqual([
    '1:1: unknown key `taks`; did you mean `tasks`?',
    '2:10: `overlap` must be one of skip, queue-one, queue-all, cancel-running, allow; found `skp`; did you mean `skip`?',
    '3:12: `scheduler`: `61 * * * *` is no schedule.',
    '4:11: `timezone` must be an IANA time zone such as Europe/Berlin; found `Europe/Berln`; did you mean `Europe/Berlin`?',
    '6:16: unknown key `imag`; did you mean `image`?',
    '7:11: two steps are called `a`: this and step 1; give one another name',
    '8:15: unknown key `commnd`; did you mean `command`?',
    '8:28: `tasks[1]` must be a map of name, image, build, command, entrypoint, variables, …; found `5`',
    '8:51: `command` must name at least the program; found an empty list',
    '9:5: `steps[2]` must be a task, or a group with `tasks`; found `foo`',
    '10:10: `timeout` must be a duration such as 90s, 10m, 2h or 1d; found `90`',
    '11:8: `retry` must be a map of limit, interval, backoff, max_interval, exit_codes; found `3`',
  ]);
});

const NAME_RULE = 'must be a name of letters, digits and underscores that does not begin with a digit';
const SIZE_RULE = 'must be a size such as 512MB (MB is 1000 kB) or 512MiB (MiB is 1024 KiB)';
const VOLUME_RULE =
  'must be `source:target[:mode]`: an absolute target, and a source that is a name, or begins with `/`, `./` or `~`';

// Each text is followed by a step of its own where it has none.
test.each<[text: string, problems: string[]]>([
  ['steps: [{ taks: [] }]', ['1:11: unknown key `taks`; did you mean `tasks`?']],
  ['image: a', ['1:1: unknown key `image`; it belongs to a task, below `steps`']],
  ['name: a', ['1:1: unknown key `name`; did you mean `pipeline_name`?']],
  ['cron: a', ['1:1: unknown key `cron`; did you mean `scheduler`?']],
  ['zzzzzz: a', ['1:1: unknown key `zzzzzz`']],
  ['variables:', ['1:1: `variables` has no value; write one, or take the key out']],
  ['variables: { A: }', ['1:14: `variables.A` has no value; write one, or take the key out']],
  ['variables: { A: [1] }', ["1:17: `variables.A` must be text ('' where it is to be empty); found a list"]],
  ['variables: [A]', ['1:12: `variables` must be a map of names and values; found a list']],
  ['variables: { "A B": x }', ['1:14: `A B` must be the name of an environment variable: no blanks, no `=`']],
  ['pipeline_name: ""', ["1:16: `pipeline_name` must not be empty; found ''"]],
  ['pipeline_name: {}', ['1:16: `pipeline_name` must be a name; found a map']],
  ['requires_env: PGHOST', ['1:15: `requires_env` must be a list; found `PGHOST`']],
  ['requires_env: [5]', ["1:16: `requires_env[0]` must be text; found `5`; write '5'"]],
  ['scheduler: []', ['1:12: `scheduler` must have at least one schedule; found an empty list']],
  ["scheduler: ['@daily', '']", ['1:23: `scheduler[1]`: `` is no schedule.']],
  ["timezone: '+02:00'", ['1:11: `timezone` must be an IANA time zone such as Europe/Berlin; found `+02:00`']],
  ['repo: ext::sh -c id', ['1:7: `repo` must be a folder or a git URL; git would take this for something to execute']],
  ['repo: -x', ['1:7: `repo` must be a folder or a git URL; git would take this for something to execute']],
  ['ref: main', ['1:1: `ref` is for a `repo` that is a git URL; a folder is used as it is']],
  ['ref: --upload-pack=x', ['1:6: `ref` must not begin with `-`; found `--upload-pack=x`']],
  ['params: { 1x: {} }', [`1:11: \`1x\` ${NAME_RULE}`]],
  ["scheduler: '@daily'\nparams: { day: {} }", ['2:11: `params.day` needs a `default`, because this job is scheduled']],
  ['params: { a: { type: choice } }', ['1:11: `params.a` needs `choices`, because its type is choice']],
  ['params: { a: { choices: [b] } }', ['1:16: `choices` is for a param of `type: choice`']],
  [
    'params: { a: { type: choice, choices: [abc, d], default: abd } }',
    ['1:58: `default` must be one of abc, d; found `abd`; did you mean `abc`?'],
  ],
  ['params: { a: { type: number, default: x } }', ['1:39: `default` must be a number; found `x`']],
  ['params: { a: { type: boolean, default: yes } }', ['1:40: `default` must be true or false; found `yes`']],
  ['after: [{ on: success }]', ['1:9: `after[0]` needs `job`']],
  ['after: [{ job: reports/daily }]', ['1:16: a job cannot run after itself; name another one']],
  [
    'keep: { runs: 0, bytes: 5 }',
    ['1:15: `runs` must be a whole number from 1 to 1000000; found `0`', `1:25: \`bytes\` ${SIZE_RULE}; found \`5\``],
  ],
  ['not_between: ["22-6"]', ['1:15: `not_between[0]` must be hours such as 22:00-06:00; found `22-6`']],
  [
    'not_between: ["22:00-22:00"]',
    ['1:15: `not_between[0]` begins and ends at 22:00, so it says nothing; end it a minute earlier for a whole day'],
  ],
  ['when: { power: battery }', ['1:16: `power` must be ac; found `battery`']],
  ['paused: "no"', ['1:9: `paused` must be true or false; found `no`']],
  ['missed_deadline: 0s', ['1:18: `missed_deadline` must be longer than nothing; found `0s`']],
  ['jitter: 9999d', ['1:9: `jitter` must be at most 3650d; found `9999d`']],
  [
    'retry: { limit: -1, exit_codes: [] }',
    [
      '1:17: `limit` must be a whole number from 0 to 100; found `-1`',
      '1:33: `exit_codes` must name at least one exit code; found an empty list',
    ],
  ],
  ['steps: []', ['1:8: `steps` must have at least one step; found an empty list']],
  ['steps: [{ tasks: [] }]', ['1:18: `tasks` must have at least one task; found an empty list']],
  ['steps: [{ name: a }]', ['1:9: a task without an image is a process, and a process needs a `command`']],
  ['steps: [{ command: "" }]', ['1:20: `command` must not be empty']],
  [
    'steps: [{ command: 5.5, name: a/b }]',
    ['1:31: `name` must not contain `/`, which parts group and task; found `a/b`'],
  ],
  [
    'steps: [{ name: always, command: x }]',
    ['1:17: `always` cannot be the name of a step, because logs call the handlers so'],
  ],
  [
    'steps: [{ tasks: [{ name: a, command: x }, { name: a, command: x }] }]',
    ['1:52: two tasks here are called `a`: this and task 1; give one another name'],
  ],
  [
    'steps: [{ command: x, name: step-2 }, { command: y }]',
    ['1:39: two steps are called `step-2`: this and step 1; give one another name'],
  ],
  ['steps: [{ executor: docker, command: x }]', ['1:9: a task that runs with docker needs `image` or `build`']],
  [
    'steps: [{ executor: process, command: x, image: a }]',
    ['1:42: `image` is for a task that runs with docker, and this one runs with process'],
  ],
  [
    'steps: [{ image: a, volumes: [data/x:/x, ./a:b] }]',
    [
      `1:31: \`volumes[0]\` ${VOLUME_RULE}; found \`data/x:/x\``,
      `1:42: \`volumes[1]\` ${VOLUME_RULE}; found \`./a:b\``,
    ],
  ],
  ['steps: [{ image: a, memory: 1MB }]', ['1:29: `memory` must be at least 6MiB, or no container starts; found `1MB`']],
  ['steps: [{ image: a, memory: 512m }]', [`1:29: \`memory\` ${SIZE_RULE}; found \`512m\``]],
  ['steps: [{ image: a, cpus: 0 }]', ['1:27: `cpus` must be at least 0.01; found `0`']],
  [
    'steps: [{ image: a, stop_signal: TERM }]',
    ['1:34: `stop_signal` must be the name of a signal such as SIGINT; found `TERM`'],
  ],
  [
    'steps: [{ image: a, matrix: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] } }]',
    ['1:21: `matrix` makes 272 tasks; at most 256 are allowed'],
  ],
])('%s', (text, problems) => {
  const errors = problemsOf(text.includes('steps:') ? text : `${text}\n${STEP}`).filter(
    (line) => !line.includes('warning'),
  );
  expect(errors).toEqual(problems);
  expect(parse(text).definition).toBeNull();
});

describe('text that is not YAML, or not a job', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghij'].map((letter, index) => `${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`).join('\n')}\n`;
  test.each<[name: string, text: string, problems: string[]]>([
    ['an empty file', '', ['1:1: the file is empty; write at least `scheduler:` or `steps:`']],
    ['a byte order mark alone', '\uFEFF', ['1:1: the file is empty; write at least `scheduler:` or `steps:`']],
    ['comments alone', '# a\n\n# b\n', ['1:1: the file is empty; write at least `scheduler:` or `steps:`']],
    [
      'a list at the top',
      '- a\n',
      [
        '1:1: the file must be a map of scheduler, pipeline_name, variables, description, timezone, repo, …; found a list',
      ],
    ],
    [
      'a word',
      'hello',
      [
        '1:1: the file must be a map of scheduler, pipeline_name, variables, description, timezone, repo, …; found `hello`',
      ],
    ],
    ['a tab', 'steps:\n\t- command: x\n', ['2:1: a tab cannot indent YAML; use spaces']],
    [
      'bad indentation',
      'steps:\n  - command: x\n   image: y\n',
      [
        '3:4: this is not valid YAML: the indentation does not fit the lines above, or a value with `: ` in it lacks quotes',
      ],
    ],
    [
      'a bracket that is open',
      'steps: [{ command: x }\ntimeout: 5s\n',
      ['2:1: this is not valid YAML: a `[`, a `{` or a quote above is not closed'],
    ],
    [
      'a quote that is open',
      "steps: 'x\n",
      ['2:1: this is not valid YAML: a `[`, a `{` or a quote above is not closed'],
    ],
    [
      'duplicate keys',
      'paused: true\npaused: false\nsteps:\n- { command: x, command: y }\n',
      [
        '2:1: `paused` is written twice; the first is in line 1',
        '4:17: `command` is written twice; the first is in line 4',
      ],
    ],
    ['an anchor that is not there', 'steps: *a\n', ['1:8: there is no anchor `&a` above this alias']],
    ['a circle', 'variables: &a [*a]\n', ['1:1: values are nested more than 200 deep once aliases are written out']],
    ['a bomb of aliases', bomb, ['1:1: the file has more than 20000 values once its aliases are written out']],
    ['deep nesting', '['.repeat(5000), ['1:100: values are nested more than 100 deep, which no job file may be']],
    [
      'two documents',
      'paused: true\n---\npaused: false\n',
      ['2:1: a file holds one job; take out the second document, which begins here'],
    ],
    [
      'a tag of nobody',
      'steps: !!python/object x\n',
      ['1:8: this is not valid YAML: unknown scalar tag !<tag:yaml.org,2002:python/object>'],
    ],
    [
      'a merge of no map',
      '<<: 1\nsteps: [{ command: x }]\n',
      ['1:1: `<<` must be an alias of a map, or a list of such aliases'],
    ],
    ['a NUL', 'a\0', ['1:2: this is not valid YAML: null byte is not allowed in input']],
    ['more than 1 MiB', `#${'x'.repeat(1_048_576)}`, ['1:1: the file is larger than 1 MiB, which no job file may be']],
    [
      'CRLF',
      'paused: true\r\noverlap: x\r\nsteps: [{ command: x }]\r\n',
      ['2:10: `overlap` must be one of skip, queue-one, queue-all, cancel-running, allow; found `x`'],
    ],
    [
      'a mistake behind a byte order mark',
      '\uFEFFpaused: 5\nsteps: [{ command: x }]\n',
      ['1:9: `paused` must be true or false; found `5`'],
    ],
  ])('%s is a Problem at its place', (_, text, problems) => {
    const startedAt = performance.now();
    expect(problemsOf(text)).toEqual(problems);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test('a mistake behind an alias or a merge key is shown where it was written', () => {
    expect(problemsOf('variables: &v\n  A: []\nsteps:\n- { command: x, variables: { <<: *v, B: c } }\n')).toEqual([
      "2:6: `variables.A` must be text ('' where it is to be empty); found an empty list",
    ]);
  });

  test.each([
    ['duplicate keys', 'k: 1\n'.repeat(9_000)],
    ['unknown keys', Array.from({ length: 9_000 }, (_, index) => `kee${index}: 1\n`).join('')],
    ['bad steps', `steps:\n${'- { commnd: x, nmae: a }\n'.repeat(5_000)}`],
    ['a long word', `overlap: ${'x'.repeat(900_000)}`],
  ])('thousands of mistakes take no time: %s', (_, text) => {
    const before = process.threadCpuUsage();
    expect(problemsOf(text).length).toBeGreaterThan(0);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_500);
  });

  test('a hundred Problems are shown, and the rest is counted', () => {
    const problems = problemsOf(Array.from({ length: 150 }, (_, index) => `zz${index}: 1`).join('\n'));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('100:1: there are 51 more problems in this file');
  });

  test('an id that would be taken for a run is a Problem', () => {
    expect(problemsOf(STEP, undefined, 'a#1')).toEqual([
      "1:1: the file's name must not contain `#` or control characters, because it becomes the job's id",
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

  test('keys that are not executed yet are named, each at its line', () => {
    expect(problemsOf('keep: { runs: 5 }\nrepo: git@host:a/b.git\nsteps:\n- image: a\n  matrix: { A: [1] }\n')).toEqual(
      [
        '1:1: warning: `keep` is understood but not yet executed by this version',
        '2:1: warning: `repo` as a git URL is understood but not yet executed by this version',
        '5:3: warning: `matrix` is understood but not yet executed by this version',
      ],
    );
  });

  test('a key that does nothing where it stands is named', () => {
    expect(problemsOf('steps:\n- command: x\n  memory: 1GB\n')).toEqual([
      '3:3: warning: `memory` has no effect on a process; give the task an `image`, or take the key out',
    ]);
  });
});
