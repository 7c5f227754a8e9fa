import cronstrue from 'cronstrue';
import type { AfterDefinition } from '../job-file/definition.ts';
import { NICKNAMES } from './explain.ts';

const WEEKDAY = /^only on (Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)$/;
// The 29th of February is not in every year.
const DAY_OF_YEAR = /^on day (?!29 of the month, only in February)(\d+) of the month, only in ([A-Z][a-z]+)$/;
const DAYS: Readonly<Record<string, string>> = {
  '': 'daily',
  'Monday through Friday': 'weekdays',
  'only on Saturday and Sunday': 'weekends',
  'only on Sunday and Saturday': 'weekends',
};

/**
 * A schedule in calm words: "every 10 minutes", "daily 02:00", "weekdays 08:45". What no schedule can be read from is given
 * back as it is: a label is no place to complain.
 */
export function describeSchedule(expression: string): string {
  const fields = (NICKNAMES.get(expression.trim().toLowerCase()) ?? expression).trim();
  // cronstrue knows the weekday's `+` (day of the month and weekday must both hold) as little as it knows most croner marks.
  const isBoth = / \+\S+$/.test(fields);
  let words: string;
  try {
    words = cronstrue.toString(fields.replace(/ \+(\S+)$/, ' $1'), { use24HourTimeFormat: true, verbose: false });
  } catch {
    // It throws a string or an Error for whatever it cannot read.
    return expression.trim();
  }
  if (isBoth) words = words.replace(/,? and on (.+)$/, ', if it is $1');
  const [, times, rest = ''] = /^At ((?:\d\d:\d\d(?::\d\d)?(?:, and |, | and )?)+)(?:, (.+))?$/.exec(words) ?? [];
  if (times !== undefined) return `${onDays(rest)} ${times.replace(', and ', ' and ')}`;
  return lowerFirst(words)
    .replace('only on ', 'on ')
    .replace('Monday through Friday', 'weekdays')
    .replace(', and ', ' and ');
}

const ENDS: Readonly<Record<AfterDefinition['on'], string>> = {
  success: 'succeeds',
  failure: 'fails',
  any: 'ends',
};

/** "after backup succeeds". */
export function describeAfter({ job, on }: AfterDefinition): string {
  return `after ${job} ${ENDS[on]}`;
}

function onDays(rest: string): string {
  const known = DAYS[rest];
  if (known !== undefined) return known;
  const [, weekday] = WEEKDAY.exec(rest) ?? [];
  if (weekday !== undefined) return `${weekday}s`;
  return `${rest
    .replace(DAY_OF_YEAR, 'every year on $1 $2')
    .replace(/^only on /, '')
    .replace(/^only in /, 'daily in ')
    .replace(', and ', ' and ')},`;
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
