import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextDue, parseSchedule } from '../../../electron/scheduler/trigger/cron.ts';
import { describeSchedule } from '../../../electron/scheduler/trigger/describe.ts';

function messageFor(expression: string, timezone: string | null = null): string {
  const parsed = parseSchedule(expression, timezone);
  return parsed.ok ? 'no problem' : parsed.message;
}

test.each([
  '*/10 * * * * ',
  ' 0 2 * * *',
  '*\t*  * * *',
  '*/5 * * * * *',
  '@daily',
  '@Weekly',
  '@hourly',
  '@monthly',
  '@yearly',
  '@annually',
  '@midnight',
  '0 0 29 2 *',
  '0 0 L * *',
  '0 0 * * FRI#2',
  '0 0 * JAN-MAR MON-FRI',
  '0 0 * * FRI-SUN',
  '0 ? * * *',
])('`%s` is a schedule', (expression) => {
  expect(messageFor(expression)).toBe('no problem');
});

test.each([
  ['', 'The schedule is empty; write five fields'],
  ['* * *', 'has 3 fields; write five'],
  ['* * * * * * *', 'has seven fields, and a year cannot be named; write six, seconds first: `* * * * * *`.'],
  ['0 0 30 2 *', '`0 0 30 2 *` never fires, because no such day exists in any year'],
  ['0 0 31 2,4,6 *', 'never fires'],
  ['@reboot', '`@reboot` is not understood, because a schedule is made of moments'],
  ['@every 5m', 'write `*/5 * * * *`.'],
  ['@every 1h', 'write `0 * * * *`.'],
  ['@every 45m', 'write a step as `*/10 * * * *`'],
  ['@every 0s', 'write a step as'],
  ['@dialy', 'write one of `@yearly`'],
  ['60 * * * *', '`60` does not fit as minute; write numbers from 0 to 59'],
  ['0 24 * * *', '`24` does not fit as hour'],
  ['0 0 * 13 *', '`13` does not fit as month'],
  ['5/10 * * * *', 'write `5-59/10`, or `*/10`.'],
  ['0 22-6 * * *', 'write it as a list of two ranges: `22-23,0-6`.'],
  ['TZ=UTC 0 0 * * *', 'write `timezone: UTC` beside `0 0 * * *`.'],
])('`%s` is answered with what to write instead', (expression, message) => {
  expect(messageFor(expression)).toContain(message);
});

test('a zone that does not exist is answered with one that does', () => {
  expect(messageFor('0 2 * * *', 'Europe/Berln')).toBe(
    "`Europe/Berln` is no time zone; write an IANA name as `Europe/Berlin` or `UTC`, or leave `timezone` out for the machine's.",
  );
});

test.each([
  ['*/10 * * * * ', 'every 10 minutes'],
  ['*/5 * * * * *', 'every 5 seconds'],
  ['0 * * * *', 'every hour'],
  ['0 2 * * *', 'daily 02:00'],
  ['@daily', 'daily 00:00'],
  ['30 2,14 * * *', 'daily 02:30 and 14:30'],
  ['45 8 * * 1-5', 'weekdays 08:45'],
  ['0 0 * * 6,0', 'weekends 00:00'],
  ['@weekly', 'Sundays 00:00'],
  ['0 9 * * 1,3,5', 'Monday, Wednesday and Friday, 09:00'],
  ['0 0 1 * *', 'on day 1 of the month, 00:00'],
  ['0 0 1 * +MON', 'on day 1 of the month, if it is Monday, 00:00'],
  ['@yearly', 'every year on 1 January, 00:00'],
  ['@monthly', 'on day 1 of the month, 00:00'],
  ['30 9 24,31 12 *', 'on day 24 and 31 of the month, only in December, 09:30'],
  ['0 0 29 2 *', 'on day 29 of the month, only in February, 00:00'],
  ['5 0 * 8 *', 'daily in August, 00:05'],
  ['15,45 9-17 * * 1-5', 'at 15 and 45 minutes past the hour, between 09:00 and 17:59, weekdays'],
  ['nonsense', 'nonsense'],
])('%s is "%s" in words', (expression, words) => {
  expect(describeSchedule(expression)).toBe(words);
});

test.each(['__proto__', 'constructor', '@constructor'])('`%s` is no schedule and no surprise', (expression) => {
  expect(messageFor(expression)).toContain(expression);
  expect(describeSchedule(expression)).toBe(expression);
});

test('whatever is written, the answer is a schedule that fires or a sentence, and always words', () => {
  const mark = fc.constantFrom(...'*0123456789,-/LW#?+@ '.split(''), 'MON', 'JAN', '*/', ' ', ' ');
  const text = fc.oneof(
    fc.array(mark, { maxLength: 20 }).map((marks) => marks.join('')),
    fc
      .array(fc.array(mark, { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 6 })
      .map((words) => words.map((marks) => marks.join('')).join(' ')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (expression) => {
      const parsed = parseSchedule(expression, 'Europe/Berlin');
      const answer = parsed.ok ? nextDue(parsed.schedule, 1_780_000_000_000) : parsed.message;
      expect(answer).toSatisfy((value) =>
        typeof value === 'number' ? value > 1_780_000_000_000 : String(value).endsWith('.'),
      );
      expect(typeof describeSchedule(expression)).toBe('string');
    }),
    { numRuns: 500 },
  );
});
