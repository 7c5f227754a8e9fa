import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { writeDefinition } from '../../../electron/scheduler/view/write-definition.ts';
import { job, task } from '../../support/definitions.ts';
import { definitionOf, parse } from '../job-file/parsing.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?$/);
const variable = fc.oneof(
  fc.stringMatching(/^[A-Z_]{1,6}$/),
  fc.constantFrom('params', 'matrix', 'variables', 'maxUsed'),
);
const text = fc.oneof(
  fc.stringMatching(/^[ -~]{0,30}$/),
  fc.constantFrom('', 'true', 'null', '0x1f', '1.50', '~', '- a', 'a: b', '&a *a', 'two\nlines\n', '@daily', '  '),
);
const line = text.filter((value) => !value.includes('\n'));
const duration = fc.constantFrom('1s', '90s', '10m', '1.5h', '2h', '1d', '0.001s', '1.234m', '3650d');
const size = fc.constantFrom('512MB', '500MB', '6MiB', '7000001B', '1.5GB', '1TB', '2KiB', '123456789KB');
const variables = fc.dictionary(variable, text, { maxKeys: 3 });
const retry = fc.record(
  {
    limit: fc.integer({ min: 0, max: 9 }),
    interval: duration,
    backoff: fc.constantFrom(1, 1.5, 2, 100),
    max_interval: duration,
    exit_codes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const list = fc.array(text, { minLength: 1, maxLength: 3 }).filter(([program]) => program!.trim() !== '');
const common = {
  variables,
  timeout: duration,
  retry,
  allow_failure: fc.boolean(),
  stop_timeout: duration,
  stop_signal: fc.constantFrom('SIGINT', 'SIGTERM', 'SIGRTMIN'),
  matrix: fc.dictionary(variable, fc.uniqueArray(line, { minLength: 1, maxLength: 2 }), { minKeys: 1, maxKeys: 2 }),
};
const command = fc.oneof(
  text.filter((value) => value.trim() !== ''),
  list,
);
const process = fc.record({ command, executor: fc.constant('process'), ...common }, { requiredKeys: ['command'] });
const docker = fc.record(
  {
    image: name,
    command,
    entrypoint: fc.oneof(name, fc.constant([]), list),
    workdir: fc.constant('/work'),
    user: fc.constantFrom('1000:1000', '0'),
    volumes: fc.subarray(['/data:/data:ro', 'cache:/root/.cache', './here:/there']),
    network: fc.constantFrom('host', 'none', 'mine'),
    cpus: fc.constantFrom(0.5, 2),
    memory: size.filter((value) => value !== '2KiB'),
    pull: fc.constantFrom('missing', 'always', 'never', 'fallback'),
    engine: name,
    ...common,
  },
  { requiredKeys: ['image'] },
);
const built = fc.record(
  { build: fc.oneof(fc.constant('./folder'), fc.record({ context: fc.constant('.'), dockerfile: name })), ...common },
  { requiredKeys: ['build'] },
);
const named = <T extends object>(tasks: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.tuple(name, tasks), { selector: ([key]) => key, minLength: 1, maxLength: 3 })
    .map((pairs) => pairs.map(([key, value]) => ({ name: key, ...value })));
const tasks = named(fc.oneof(process, docker, built));
const jobFile = fc.record(
  {
    scheduler: fc.oneof(fc.constant('*/10 * * * * '), fc.constant(['@daily', '0 3 * * 1'])),
    pipeline_name: name,
    description: text.filter((value) => value.trim() !== '' && !value.includes('\n')),
    variables,
    timezone: fc.constantFrom('Europe/Berlin', 'UTC'),
    repo: fc.constantFrom('/src/x', './x', 'https://example.org/x.git'),
    params: fc.dictionary(
      fc.constantFrom('day', 'default', 'type', 'params', 'maxRows'),
      fc.oneof(
        fc.record({ default: text, description: text.filter((value) => value.trim() !== '' && !value.includes('\n')) }),
        fc.constant({ type: 'number', default: '3' }),
        fc.constant({ type: 'boolean', default: 'false' }),
        fc.constant({ type: 'choice', choices: ['a', ''], default: '' }),
      ),
      { maxKeys: 3 },
    ),
    env_file: fc.constantFrom('.env', ['/a.env', '~/b.env']),
    requires_env: fc.uniqueArray(variable, { maxLength: 2 }),
    secrets: fc.uniqueArray(variable, { maxLength: 2 }),
    steps: fc.oneof(tasks, named(tasks.map((all) => ({ tasks: all })))),
    on_success: tasks,
    on_failure: tasks,
    on_cancel: tasks,
    always: tasks,
    overlap: fc.constantFrom('skip', 'queue-one', 'queue-all', 'cancel-running', 'allow'),
    on_missed: fc.constantFrom('skip', 'run-once', 'run-all'),
    missed_deadline: duration,
    jitter: duration,
    timeout: duration,
    retry,
    concurrency_group: name,
    after: fc.array(
      fc.record({ job: name, on: fc.constantFrom('success', 'failure', 'any') }, { requiredKeys: ['job'] }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    keep: fc.record({ runs: fc.constantFrom(1, 100), days: fc.constantFrom(7, 90), bytes: size }, { requiredKeys: [] }),
    not_between: fc.constant(['22:00-06:00']),
    when: fc.record({ power: fc.constant('ac'), idle: duration, online: fc.boolean() }, { requiredKeys: [] }),
    keep_awake: fc.boolean(),
    keep_container: fc.constantFrom('never', 'on-failure', 'always'),
    paused: fc.boolean(),
    catch_up_after_pause: fc.boolean(),
  },
  { requiredKeys: ['steps'] },
);

test('what is written of a definition means the same when it is parsed again', () => {
  let valid = 0;
  fc.assert(
    fc.property(jobFile, (file) => {
      const { definition } = parse(dump(file));
      fc.pre(definition !== null);
      valid += 1;
      const written = writeDefinition(definition!);
      const again = parse(written);
      expect({ definition: again.definition, written }).toEqual({ definition, written });
    }),
    { numRuns: 60 },
  );
  expect(valid).toBeGreaterThanOrEqual(60);
});

test('what says nothing is not written, and what a user named keeps its name', () => {
  const definition = job('daily', {
    variables: { camelCase: 'false', EMPTY: '' },
    steps: [
      { name: 'load', tasks: [task('load', { image: 'postgres', executor: 'docker', entrypoint: [], memory: 512e6 })] },
    ],
  });
  expect(writeDefinition(definition)).toBe(
    [
      'pipeline_name: daily',
      'timezone: UTC',
      'variables:',
      "  camelCase: 'false'",
      "  EMPTY: ''",
      'steps:',
      '  - name: load',
      '    tasks:',
      '      - name: load',
      '        image: postgres',
      "        command: 'true'",
      '        entrypoint: []',
      '        memory: 512MB',
      '',
    ].join('\n'),
  );
  expect(definitionOf(writeDefinition(definition)).variables).toEqual({ camelCase: 'false', EMPTY: '' });
});
