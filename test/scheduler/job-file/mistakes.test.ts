import { expect, test } from 'vitest';
import { SIGNALS } from '../../../electron/scheduler/job-file/values.ts';
import { parse, problemsOf } from './parsing.ts';

const STEP = 'steps: [{ command: x }]\n';

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
const IMAGE_RULE = 'must be the name of an image such as python:3.13-slim, in small letters, without blanks';
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
  [
    'repo: --upload-pack=x',
    ['1:7: `repo` must be a folder or a git URL; git would take this for something to execute'],
  ],
  ['repo: fd::17', ['1:7: `repo` must be a folder or a git URL; git would take this for something to execute']],
  [
    'repo: ssh://-oProxyCommand=x/y',
    ['1:7: `repo` must be a git URL with the name of a host; git would take this for something to execute'],
  ],
  [
    'repo: https://ada:secret@host/x.git',
    [
      '1:7: `repo` must not hold a password: it would be stored and shown with each run. Leave it out; git asks your own credential helper',
    ],
  ],
  [
    'repo: ftp://host/x.git',
    ['1:7: `repo` must be a URL with https, http, ssh, git or file; `ftp` is none that git is asked to fetch from'],
  ],
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
  ['steps: [{ image: a b }]', [`1:18: \`image\` ${IMAGE_RULE}; found \`a b\``]],
  ['steps: [{ image: "UPPER:tag" }]', [`1:18: \`image\` ${IMAGE_RULE}; found \`UPPER:tag\``]],
  ['steps: [{ image: "a:b:c" }]', [`1:18: \`image\` ${IMAGE_RULE}; found \`a:b:c\``]],
  [
    'steps: [{ image: a, stop_signal: SIGTREM }]',
    [`1:34: \`stop_signal\` must be one of ${SIGNALS.join(', ')}; found \`SIGTREM\`; did you mean \`SIGTERM\`?`],
  ],
  [
    'steps: [{ image: a, stop_signal: TERM }]',
    [`1:34: \`stop_signal\` must be one of ${SIGNALS.join(', ')}; found \`TERM\``],
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

test.each([
  'a',
  'python:3.13-slim',
  'Registry.example.com:5000/team/a__b/tool:V1.2_x',
  'localhost:9/none',
  '[::1]:5000/tool',
  `tool@sha256:${'0a'.repeat(32)}`,
  `team/tool:1@sha256:${'0a'.repeat(32)}`,
  `sha256:${'0a'.repeat(32)}`,
])('%s is the name of an image', (image) => {
  expect(problemsOf(`steps: [{ image: "${image}" }]`)).toEqual([]);
});
