import { expect, test } from 'vitest';
import { definitionOf, problemsOf } from './parsing.ts';

test('a matrix makes a task for each combination, the last variable fastest, with its values as variables', () => {
  const text = 'steps: [{ name: test, command: x, variables: { A: 1, B: old }, matrix: { B: [x, y], C: [1.50, 2] } }]';
  const [group] = definitionOf(text).steps;
  expect(group?.name).toBe('test');
  expect(group?.tasks.map(({ name, variables }) => [name, variables])).toEqual([
    ['test (B=x, C=1.50)', { A: '1', B: 'x', C: '1.50' }],
    ['test (B=x, C=2)', { A: '1', B: 'x', C: '2' }],
    ['test (B=y, C=1.50)', { A: '1', B: 'y', C: '1.50' }],
    ['test (B=y, C=2)', { A: '1', B: 'y', C: '2' }],
  ]);
});

test('tasks of a matrix stand beside the others of their group, and a handler may have one', () => {
  const matrix = 'matrix: { a: [1, 2] }';
  const text = `steps: [{ name: g, tasks: [{ name: t, command: x, ${matrix} }, { name: u, command: x }] }]
always: [{ command: x, ${matrix} }]`;
  const { steps, always } = definitionOf(text);
  expect(steps[0]?.tasks.map(({ name }) => name)).toEqual(['t (a=1)', 't (a=2)', 'u']);
  expect(always.map(({ name }) => name)).toEqual(['task-1 (a=1)', 'task-1 (a=2)']);
});

test('a matrix of 256 is taken, one more is a Problem with its number', () => {
  const of = (count: number) =>
    `steps: [{ command: x, matrix: { n: [${Array.from({ length: count }, (_, n) => n)}] } }]`;
  expect(definitionOf(of(256)).steps[0]?.tasks).toHaveLength(256);
  expect(problemsOf(of(257))).toEqual(['1:23: `matrix` makes 257 tasks; at most 256 are allowed']);
});

test.each([
  ['{}', '1:23: `matrix` must name at least one variable, as in `{ version: [16, 17] }`'],
  ['{ a: [1, 2, 1] }', '1:43: `1` is in `matrix.a` twice, which would be the same task twice'],
  ['{ a: ["x\\ny"] }', '1:37: `matrix.a[0]` must be one line without control characters; found `x y`'],
])('matrix: %s is a Problem', (matrix, problem) => {
  expect(problemsOf(`steps: [{ command: x, matrix: ${matrix} }]`)).toEqual([problem]);
});

test('a task that has the name of a combination is a Problem', () => {
  const text =
    'steps: [{ name: g, tasks: [{ name: t, command: x, matrix: { a: [1] } },\n {name: "t (a=1)", command: x }] }]';
  expect(problemsOf(text)).toEqual([
    '2:9: two tasks here are called `t (a=1)`: this and task 1; give one another name',
  ]);
});
