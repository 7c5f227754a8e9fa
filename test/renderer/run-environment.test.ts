import { expect, test } from 'vitest';
import { fixtureEnvironment, fixtureUnread } from '../support/fixture-environment.ts';
import {
  changeWords,
  findVariables,
  originWords,
  overridesWords,
  unreadWords,
  valueWords,
} from '../../renderer/state/run-environment.ts';

const environment = fixtureEnvironment();
const named = (name: string) => findVariables(environment, '').find((variable) => variable.name === name)!;
const told = (name: string) => valueWords(named(name), true).text;

test('a value that is not stored says where it came from', () => {
  expect(['PGHOST', 'PGDATABASE', 'PGPASSWORD', 'day', 'EMPTY'].map(told)).toEqual([
    'from your shell, not stored',
    'from .env, not stored',
    'secret, masked in the log',
    'yesterday',
    'empty',
  ]);
  expect(valueWords(named('PGHOST'), false)).toEqual({ text: 'read when it starts', isStored: false });
});

test('what a variable wins over is said with the values that are known', () => {
  expect(overridesWords(named('PGDATABASE'))).toBe('Wins over nightjar.yml: postgres');
  expect(overridesWords(named('PGUSER'))).toBeNull();
  const [, ofTask] = findVariables(environment, 'target');
  expect(originWords(ofTask!)).toBe('task load/load');
  expect(originWords(named('ORDERS_LOADED'))).toBe('output of extract/orders');
});

test('a change names the run that it is one since', () => {
  expect(['PGDATABASE', 'day', 'PGHOST'].map((name) => changeWords(named(name), environment))).toEqual([
    'changed since #1840',
    'new since #1840',
    null,
  ]);
});

test('a filter looks at names, origins and values; what Nightjar says itself is last', () => {
  expect(findVariables(environment, 'pg nightjar.yml').map(({ name }) => name)).toEqual(['PGUSER']);
  expect(findVariables(environment, 'secret').map(({ name }) => name)).toEqual(['PGPASSWORD']);
  expect(findVariables(environment, '').at(-1)!.origin).toBe('nightjar');
});

test('a run that waits says what it is going to read', () => {
  expect(unreadWords(fixtureUnread())).toBe('Read when it starts: .env, your shell, the secrets.');
  expect(unreadWords({ ...fixtureUnread(), files: [], variables: [] })).toBeNull();
  expect(unreadWords(environment)).toBeNull();
});
