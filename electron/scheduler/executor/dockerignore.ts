/**
 * Which files of a build's context are left out, by the rules of `.dockerignore`: patterns of Go's `filepath.Match` with `**` on
 * top, the last one that matches decides, `!` takes back, and what is said of a folder holds for all that is in it.
 */
export interface DockerIgnore {
  /** `path` is relative to the context, with `/`. */
  isIgnored(path: string): boolean;
  /** Something below an ignored folder may be taken back, so it has to be looked into. */
  readonly hasExceptions: boolean;
}

interface Rule {
  readonly isException: boolean;
  readonly expression: RegExp;
}

export function parseDockerIgnore(text: string): DockerIgnore {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line) => ruleOf(line));
  return {
    hasExceptions: rules.some(({ isException }) => isException),
    isIgnored(path) {
      let isIgnored = false;
      for (const { isException, expression } of rules) {
        if (isException === isIgnored && expression.test(path)) isIgnored = !isException;
      }
      return isIgnored;
    },
  };
}

function ruleOf(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  let pattern = line.trim();
  const isException = pattern.startsWith('!');
  if (isException) pattern = pattern.slice(1).trim();
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  if (parts.length === 0) return [];
  try {
    // What is below a match matches too.
    return [{ isException, expression: new RegExp(`^${sourceOf(parts)}(?:/.*)?$`, 's') }];
  } catch {
    // A pattern that Go refuses as well (an unfinished class); Docker's own command line stops there, a glob that matches
    // nothing does no harm.
    return [];
  }
}

/** `**` is any number of folders; at the end it is whatever there is. */
function sourceOf(parts: readonly string[]): string {
  return parts
    .map((part, index) => {
      const isLast = index === parts.length - 1;
      if (part === '**') return isLast ? '.*' : '(?:.*/)?';
      return wordOf(part) + (isLast ? '' : '/');
    })
    .join('');
}

function wordOf(part: string): string {
  let source = '';
  for (let at = 0; at < part.length; at++) {
    const letter = part[at]!;
    if (letter === '*') {
      const isDouble = part[at + 1] === '*';
      source += isDouble ? '.*' : '[^/]*';
      if (isDouble) at++;
    } else if (letter === '?') source += '[^/]';
    else if (letter === '[') {
      const end = part.indexOf(']', at + 2);
      const inside = part.slice(at + 1, end === -1 ? undefined : end);
      // Unfinished, so the expression does not compile.
      source += end === -1 ? '[' : `[${inside.replaceAll('\\', '\\\\').replace(/^\^/, '^/')}]`;
      at = end === -1 ? part.length : end;
    } else if (letter === '\\' && at + 1 < part.length) source += escape(part[++at]!);
    else source += escape(letter);
  }
  return source;
}

function escape(letter: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(letter) ? `\\${letter}` : letter;
}
