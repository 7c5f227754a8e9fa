import { describe, expect, test } from 'vitest';
import { processorTime } from '../../support/processor-time.ts';
import { problemsOf } from './parsing.ts';

const STEP = 'steps: [{ command: x }]\n';

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
    const took = processorTime();
    expect(problemsOf(text)).toEqual(problems);
    expect(took()).toBeLessThan(1_000);
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
    const took = processorTime();
    expect(problemsOf(text).length).toBeGreaterThan(0);
    // A third of a second for the longest; one that grows with the square of its mistakes takes minutes.
    expect(took()).toBeLessThan(5_000);
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
