import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RUN_STATES, TRIGGERS } from '../../electron/api/words.ts';
import { formatAddress, NO_FILTERS, parseAddress, type Address } from '../../renderer/state/address.ts';

test('an address with a task and a line leads to the run, the task and the line', () => {
  expect(parseAddress('#/run/12?task=orders&line=1187')).toEqual({
    view: 'run',
    run: '12',
    task: 'orders',
    line: 1187,
  });
});

test('a job file in a folder keeps its slashes, so that a person can read the address', () => {
  const address: Address = { view: 'edit', path: 'warehouse/load orders.yml', template: null };
  expect(formatAddress(address)).toBe('#/edit/warehouse/load%20orders.yml');
  expect(parseAddress(formatAddress(address))).toEqual(address);
});

test('what makes no sense is the queue, and a filter that is none is left out', () => {
  for (const hash of ['', '#', '#/', '#/nonsense', '#/run', '#token=abc'])
    expect(parseAddress(hash).view).toBe('queue');
  const found = parseAddress('#/history?state=failed,exploded&since=yesterday&trigger=x');
  expect(found).toEqual({ view: 'history', filters: { ...NO_FILTERS, states: ['failed'] } });
  expect(parseAddress('#/run/12?line=-3')).toMatchObject({ line: null });
});

test('every address survives being written and read', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed());
  const job = fc.stringMatching(/^[\w/., -]+$/);
  const day = fc.constantFrom('2026-11-17', null);
  const filters = fc.record({
    text: fc.string(),
    job: fc.option(job),
    without: fc.uniqueArray(job),
    states: fc.uniqueArray(fc.constantFrom(...RUN_STATES)),
    triggers: fc.uniqueArray(fc.constantFrom(...TRIGGERS)),
    since: day,
    until: day,
  });
  const address = fc.oneof<fc.Arbitrary<Address>[]>(
    fc.constant<Address>({ view: 'queue' }),
    fc.record({ view: fc.constant('history' as const), filters }),
    fc.record({
      view: fc.constant('run' as const),
      run: name,
      task: fc.option(name),
      line: fc.option(fc.integer({ min: 1 })),
    }),
    fc.record({ view: fc.constant('edit' as const), path: fc.oneof(name, fc.constant('')), template: fc.option(name) }),
  );
  fc.assert(
    fc.property(address, (one) => {
      expect(parseAddress(formatAddress(one))).toEqual(one);
    }),
  );
});
