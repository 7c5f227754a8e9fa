import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { jobSchema } from '../../../electron/scheduler/job-file/schema.ts';
import { readYaml, ProblemList } from '../../../electron/scheduler/job-file/read-yaml.ts';
import { formatProblem } from '../../../electron/scheduler/job-file/parse.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { processorTime } from '../../support/processor-time.ts';
import { homeProblemsOf, parse, problemsOf } from './parsing.ts';

const RUNS = { numRuns: 150 };
const keys = fc.constantFrom(...Object.keys(jobSchema.shape), 'tasks', 'name', 'image', 'command', 'taks', '__proto__');

/** Anything that JSON can say, with our keys where they hurt. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double(),
      fc.constantFrom('10m', '5MB', '@daily'),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(keys, fc.string()), tie('value'), { maxKeys: 6 }),
  ),
})).value;

/** What is wrong with the Problems of a text; empty where nothing is. */
function faultsOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  const { definition, problems } = parse(text);
  const faults = problems
    .filter(
      ({ line, column, message }) =>
        line < 1 ||
        line > lines.length ||
        column < 1 ||
        column > (lines[line - 1]?.length ?? 0) + 1 ||
        /undefined|\[object|Invalid input/.test(message),
    )
    .map(formatProblem);
  const hasErrors = problems.some(({ severity }) => severity === 'error');
  return hasErrors === (definition === null) ? faults : [...faults, 'a definition in spite of errors, or neither'];
}

test('whatever value a file holds, it is valid or has Problems at places inside the text, and nothing is thrown', () => {
  const property = fc.property(anything, (value) => {
    const text = dump(value, { skipInvalid: true });
    return faultsOf(text).length === 0 && Array.isArray(homeProblemsOf(text));
  });
  expect(fc.check(property, RUNS)).toMatchObject({ failed: false });
});

const PARTS =
  'a|steps|command|: |:|\n|\n  |\n- |- |[|]|{|}|, |"|\'|&a |*a|<<|? |> |#|!!str |---\n|...\n|%|\t|\r|\uFEFF|\\|0|~|@|`'.split(
    '|',
  );

test('whatever text a file holds, nothing is thrown and it is quick', () => {
  const yamlish = fc.array(fc.constantFrom(...PARTS, '| '), { maxLength: 60 }).map((parts) => parts.join(''));
  const property = fc.property(fc.oneof(yamlish, fc.string({ unit: anyCharacter, maxLength: 80 })), (text) => {
    const took = processorTime();
    return faultsOf(text).length === 0 && took() < 1_000;
  });
  expect(fc.check(property, { numRuns: 300 })).toMatchObject({ failed: false });
});

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?$/);
const task = fc.record(
  {
    command: fc.oneof(
      fc.stringMatching(/^[ -~]{1,20}$/).filter((text) => text.trim() !== ''),
      fc.constant('true'),
    ),
    image: name,
    timeout: fc.constantFrom('90s', '10m', '2h', '1d'),
    allow_failure: fc.boolean(),
    variables: fc.dictionary(
      fc.stringMatching(/^[A-Z_]{1,6}$/),
      fc.oneof(
        fc.string().filter((t) => !t.includes('\0')),
        fc.integer(),
        fc.boolean(),
      ),
    ),
    pull: fc.constantFrom('missing', 'always'),
  },
  { requiredKeys: ['command', 'image'] },
);
const job = fc.record(
  {
    steps: fc.array(fc.oneof(task, fc.record({ tasks: fc.array(task, { minLength: 1, maxLength: 3 }) })), {
      minLength: 1,
      maxLength: 4,
    }),
    scheduler: fc.oneof(fc.constant('@daily'), fc.constant(['* * * * *', '0 0 * * * *'])),
    pipeline_name: name,
    overlap: fc.constantFrom('skip', 'queue-one', 'allow'),
    retry: fc.record({ limit: fc.nat(100), backoff: fc.integer({ min: 1, max: 100 }) }),
    paused: fc.boolean(),
  },
  { requiredKeys: ['steps'] },
);

test('a valid job survives being written as YAML, in every style of writing', () => {
  fc.assert(
    fc.property(job, fc.integer({ min: -1, max: 4 }), fc.boolean(), (value, flowLevel, noRefs) => {
      const text = dump(value, { flowLevel, noRefs });
      expect(problemsOf(text)).toEqual([]);
      const { definition } = parse(text);
      expect(definition?.steps.map((step) => step.tasks.length)).toEqual(
        value.steps.map((step) => ('tasks' in step ? step.tasks.length : 1)),
      );
      expect(definition?.steps.flatMap((step) => step.tasks.map((each) => each.command))).toEqual(
        value.steps.flatMap((step) => ('tasks' in step ? step.tasks : [step]).map((each) => each.command)),
      );
      expect(definition?.steps.flatMap((step) => step.tasks.map((each) => Object.values(each.variables)))).toEqual(
        value.steps.flatMap((step) =>
          ('tasks' in step ? step.tasks : [step]).map((each) => Object.values(each.variables ?? {}).map(String)),
        ),
      );
      expect(definition?.pipelineName).toBe(value.pipeline_name ?? 'daily');
    }),
    RUNS,
  );
});

test('zod as a whole agrees with what is told about single keys: no Problem, no issue', () => {
  const property = fc.property(fc.oneof(anything, job), (value) => {
    const text = dump(value, { skipInvalid: true });
    const plain = readYaml(text, new ProblemList('x', text));
    return parse(text).definition === null || jobSchema.safeParse(plain).success;
  });
  expect(fc.check(property, RUNS)).toMatchObject({ failed: false });
});
