import { messageOf } from '../failure.ts';
import { nextWall, parsePattern } from './pattern.ts';

/** Words that stand for a schedule, upper or lower case. */
export const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const FIELDS = [
  { name: 'second', low: 0, high: 59, also: '' },
  { name: 'minute', low: 0, high: 59, also: '' },
  { name: 'hour', low: 0, high: 23, also: '' },
  { name: 'day of the month', low: 1, high: 31, also: ', `L` for the last day or `15W` for the nearest weekday' },
  { name: 'month', low: 1, high: 12, also: ' or names as `JAN`' },
  { name: 'day of the week', low: 0, high: 7, also: ', names as `MON` or `FRI#2` for the second Friday' },
];

// Only what divides the whole comes round evenly: `*/45` is not every 45 minutes.
const STEPS: Readonly<Record<string, (step: number) => string | null>> = {
  s: (step) => (60 % step === 0 ? `*/${step} * * * * *` : null),
  m: (step) => (60 % step === 0 ? `*/${step} * * * *` : null),
  h: (step) => (step === 1 ? '0 * * * *' : 24 % step === 0 ? `0 */${step} * * *` : null),
};

/**
 * What is wrong with an expression (trimmed) and what to write instead, as a sentence; null where nothing is.
 * croner names no field and gives no example, so the field at fault is found by reading each one alone.
 */
export function explainSchedule(expression: string): string | null {
  if (expression === '') {
    return 'The schedule is empty; write five fields as `0 2 * * *`, or leave `scheduler` out for a job that is started by hand.';
  }
  const zone = /^(?:CRON_)?TZ=(\S+)\s+(.+)$/.exec(expression);
  if (zone !== null) return `A zone is no part of \`scheduler\`; write \`timezone: ${zone[1]}\` beside \`${zone[2]}\`.`;
  const words = expression.split(/\s+/);
  const nickname = NICKNAMES.get(expression.toLowerCase());
  if (nickname === undefined && expression.includes('@')) return explainNickname(expression);
  if (nickname === undefined && words.length === 7) {
    const six = words.slice(0, 6).join(' ');
    return `\`${expression}\` has seven fields, and a year cannot be named; write six, seconds first: \`${six}\`.`;
  }
  if (nickname === undefined && words.length !== 5 && words.length !== 6) {
    return (
      `\`${expression}\` has ${words.length} ${words.length === 1 ? 'field' : 'fields'}; write five (minute, hour, day of the month, month, ` +
      'day of the week) as `0 2 * * *`, or six with seconds first.'
    );
  }
  try {
    if (nextWall(parsePattern(nickname ?? expression), Date.UTC(2000, 0, 1)) !== null) return null;
    return `\`${expression}\` never fires, because no such day exists in any year; check the day of the month, the month and the day of the week.`;
  } catch (error) {
    return (
      explainFields(words.length === 5 ? ['0', ...words] : words) ??
      `\`${expression}\` is no schedule: ${messageOf(error)}`
    );
  }
}

function explainNickname(expression: string): string {
  const known = [...NICKNAMES.keys()].map((name) => `\`${name}\``);
  const [, count = '', unit = ''] = /^@every\s+(\d+)\s*([smh])$/i.exec(expression) ?? [];
  const instead = STEPS[unit.toLowerCase()]?.(Number(count)) ?? null;
  if (instead !== null) {
    return `\`@every\` is not understood, because it has no fixed moments; write \`${instead}\`.`;
  }
  if (/^@every/i.test(expression)) {
    return '`@every` is not understood, because it has no fixed moments; write a step as `*/10 * * * *` (every 10 minutes).';
  }
  if (/^@reboot$/i.test(expression)) {
    return '`@reboot` is not understood, because a schedule is made of moments; write one as `@hourly` or `0 9 * * *`.';
  }
  return `\`${expression}\` is not understood; write one of ${known.join(', ')}, or five fields as \`0 2 * * *\`.`;
}

function explainFields(words: readonly string[]): string | null {
  for (const [index, field] of FIELDS.entries()) {
    const word = words[index] ?? '*';
    const alone = FIELDS.map((_, other) => (other === index ? word : '*')).join(' ');
    try {
      parsePattern(alone);
    } catch {
      return explainField(word, field);
    }
  }
  return null;
}

function explainField(word: string, { name, low, high, also }: (typeof FIELDS)[number]): string {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(word) ?? [];
  if (from !== undefined && to !== undefined && Number(from) > Number(to) && Number(from) <= high) {
    return `\`${word}\` runs backwards as ${name}; write it as a list of two ranges: \`${from}-${high},${low}-${to}\`.`;
  }
  const [, start, step] = /^(\d+)\/(\d+)$/.exec(word) ?? [];
  if (start !== undefined && step !== undefined && Number(start) <= high && Number(step) > 0) {
    return `\`${word}\` is a step without a range as ${name}; write \`${start}-${high}/${step}\`, or \`*/${step}\`.`;
  }
  return `\`${word}\` does not fit as ${name}; write numbers from ${low} to ${high} as \`*\`, \`${high}\`, \`*/5\`, \`1-5\` or \`1,3\`${also}.`;
}
