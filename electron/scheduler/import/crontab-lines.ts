/** One line of a crontab that says something, and the comment lines directly above it. */
export type CrontabLine =
  | { readonly kind: 'variable'; readonly number: number; readonly name: string; readonly value: string }
  | {
      readonly kind: 'entry';
      readonly number: number;
      /** The expression, or `@daily`. */
      readonly schedule: string;
      /** The account it runs as; null in a user's own crontab. */
      readonly user: string | null;
      /** As it is written, `%` and all. */
      readonly command: string;
      readonly comment: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly number: number; readonly text: string };

/** Cron's own grammar, as `man 5 crontab` has it: variables, entries of five fields or a word with `@`, comments on lines of their own. */
export function readCrontab(text: string, hasUsers: boolean): CrontabLine[] {
  const lines: CrontabLine[] = [];
  let comment: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    const number = index + 1;
    if (line.startsWith('#')) {
      comment.push(line.replace(/^#+\s*/, ''));
      continue;
    }
    if (line !== '') lines.push(readVariable(line, number) ?? readEntry(line, number, hasUsers, worthSaying(comment)));
    comment = [];
  }
  return lines;
}

function readVariable(line: string, number: number): CrontabLine | null {
  const found = /^("[^"]*"|'[^']*'|[^\s=*@]+)\s*=\s*(.*)$/.exec(line);
  if (found === null || /^[\d*@]/.test(line)) return null;
  const bare = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');
  return { kind: 'variable', number, name: bare(found[1] as string), value: bare(found[2] as string) };
}

function readEntry(line: string, number: number, hasUsers: boolean, comment: readonly string[]): CrontabLine {
  // A dash before the minute keeps the run out of syslog.
  const rest = line.replace(/^-(?=[\d*])/, '');
  const head = rest.startsWith('@') ? String.raw`@\S+` : String.raw`\S+(?:\s+\S+){4}`;
  const user = hasUsers ? String.raw`\s+(?<user>[A-Za-z_][\w.-]*\$?)` : '';
  const found = new RegExp(String.raw`^(?<schedule>${head})${user}\s+(?<command>.+)$`).exec(rest)?.groups;
  if (found === undefined) return { kind: 'unreadable', number, text: line };
  const schedule = (found['schedule'] as string).replaceAll(/\s+/g, ' ');
  return { kind: 'entry', number, schedule, user: found['user'] ?? null, command: found['command'] as string, comment };
}

/** Crontabs come with the same words at their head, and people keep old entries as comments: neither describes what follows. */
function worthSaying(comment: readonly string[]): string[] {
  const last = comment.findLastIndex(
    (line) => line === '' || /^m\s+h\s+dom\b|\bdom\s+mon\s+dow\b|^[|.*+-]|^[\d*@]\S*\s+\S+\s+\S+/.test(line),
  );
  const own = comment.slice(last + 1);
  return own.length > 4 ? [] : own;
}
