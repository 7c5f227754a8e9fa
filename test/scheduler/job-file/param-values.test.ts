import { expect, test } from 'vitest';
import type { ParamDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { Failure } from '../../../electron/scheduler/failure.ts';
import { checkParams, stillFitting, toRemember } from '../../../electron/scheduler/job-file/param-values.ts';
import { splitVars } from '../../../electron/cli/var-options.ts';

const param = (over: Partial<ParamDefinition>): ParamDefinition => ({
  type: 'string',
  default: null,
  choices: [],
  description: null,
  ...over,
});

const definition = {
  id: 'reports/daily',
  params: {
    day: param({ default: 'yesterday' }),
    limit: param({ type: 'number' }),
    dry: param({ type: 'boolean', default: 'false' }),
    region: param({ type: 'choice', choices: ['north', 'south'], default: 'north' }),
  },
};

const refusal = (given: Record<string, string>): string => {
  try {
    checkParams(definition, given);
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.message}` : String(error);
  }
  return 'not refused';
};

test('what is given is taken in one spelling, the rest are the defaults', () => {
  expect(checkParams(definition, { limit: ' 1.50 ', dry: 'TRUE', day: '' })).toEqual({
    day: '',
    limit: '1.50',
    dry: 'true',
    region: 'north',
  });
});

test('every mistake is in one sentence', () => {
  expect(refusal({ regon: 'south', dry: 'maybe', region: 'nort', day: 'a\0b' })).toBe(
    'bad-params: reports/daily cannot run so: it has no param `regon` (did you mean `region`?); ' +
      '`dry` must be true or false; found `maybe`; ' +
      '`region` must be one of north, south; found `nort` (did you mean `north`?); ' +
      '`day` must not contain a NUL character; `limit` has no default and needs a value.',
  );
  expect(refusal({ limit: 'ten', toString: 'x' })).toBe(
    'bad-params: reports/daily cannot run so: `limit` must be a number; found `ten`; it has no param `toString`.',
  );
  expect(refusal({ limit: '' })).toContain('`limit` must be a number; found ``');
});

test('a default needs no remembering, and what no longer fits is not offered', () => {
  const given = { limit: '10', dry: 'false', region: 'south' };
  const remembered = toRemember(definition, given, checkParams(definition, given));
  expect(remembered).toEqual({ limit: '10', dry: null, region: 'south' });

  const changed = { params: { limit: param({ type: 'boolean' }), region: definition.params.region } };
  expect(stillFitting(changed, { limit: '10', region: 'south', gone: 'x' })).toEqual({ region: 'south' });
});

test('`run --var` sets params by name and by what is nearly one, and variables by every other name', () => {
  const job = { ...definition, variables: { dryd: '1' }, homeVariables: { dai: '2' } };
  expect(splitVars(job, { day: 'a', regon: 'b', DEBUG: 'c', dryd: 'd', dai: 'e' })).toEqual({
    params: { day: 'a', regon: 'b' },
    variables: { DEBUG: 'c', dryd: 'd', dai: 'e' },
  });
});
