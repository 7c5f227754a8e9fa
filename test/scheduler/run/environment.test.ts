import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment, valuesOf, withVariables } from '../../../electron/scheduler/run/environment.ts';
import { job } from '../../support/definitions.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'nightjar-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const run = { id: 7, number: 3, trigger: 'manual', attempt: 2, params: {} } as const;

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Names from this one on: an origin that sets all of them wins only its own, where every later one sets the rest. */
const NAMES = ['HOST', 'HOME', 'FILE', 'JOB', 'OUTPUT', 'TASK', 'PARAM', 'SECRET'];
const setFrom = (first: string): Record<string, string> =>
  Object.fromEntries(NAMES.slice(NAMES.indexOf(first)).map((name) => [name, first.toLowerCase()]));

test('each origin wins over all that are weaker, whatever order they were added in', () => {
  const lines = Object.entries(setFrom('FILE')).map(([name, value]) => `${name}=${value}`);
  const definition = job('j', {
    requiresEnv: NAMES,
    homeVariables: setFrom('HOME'),
    envFile: [file('.env', lines.join('\n'))],
    variables: setFrom('JOB'),
  });
  const read = readEnvironment(definition, { ...run, params: setFrom('PARAM') }, setFrom('HOST'), setFrom('SECRET'));
  const whole = withVariables(withVariables(read, 'task', setFrom('TASK')), 'output', setFrom('OUTPUT'));

  expect(valuesOf(whole)).toMatchObject(Object.fromEntries(NAMES.map((name) => [name, name.toLowerCase()])));
});

test('nobody overrides what Nightjar says about the run, and what is added last to it wins', () => {
  const lie = { NIGHTJAR_RUN: '1', NIGHTJAR_TASK: 'lie' };
  const read = readEnvironment(job('j', { variables: lie }), { ...run, params: lie }, {}, lie);
  const told = withVariables(withVariables(read, 'task', lie), 'nightjar', { NIGHTJAR_TASK: 'load' });

  expect(valuesOf(told)).toMatchObject({ NIGHTJAR_RUN: '7', NIGHTJAR_TASK: 'load', NIGHTJAR_ATTEMPT: '2' });
});

test('of several env files the last one wins, and a file that is not there is named', () => {
  const envFile = [file('a.env', 'A=1\nB=long-enough'), file('b.env', 'A=2')];
  const read = readEnvironment(job('j', { envFile }), run, {}, {});
  expect(valuesOf(read)).toMatchObject({ A: '2', B: 'long-enough' });
  expect(read.masked).toEqual(['long-enough']);

  const gone = join(folder, 'gone.env');
  expect(() => readEnvironment(job('j', { envFile: [gone] }), run, {}, {})).toThrow(
    expect.objectContaining({
      code: 'env-file',
      message: `env_file ${gone} cannot be read: it does not exist. Create it, or take it out of the job.`,
    }),
  );
});
