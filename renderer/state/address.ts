import { RUN_STATES, TRIGGERS, type RunState, type Trigger } from '../../electron/api/words.ts';

/** What the address says: the view, and all that a link to it must carry. */
export type Address =
  | { view: 'queue' }
  | { view: 'history'; filters: HistoryFilters }
  /** `run` is an id or `job#12`. `task` is a task's name, `line` a line number of the log. */
  | { view: 'run'; run: string; task: string | null; line: number | null }
  /** `path` is below the jobs home; empty: a new file, from `template`. */
  | { view: 'edit'; path: string; template: string | null }
  | { view: 'settings' };

export type HistoryFilters = {
  text: string;
  job: string | null;
  without: string[];
  states: RunState[];
  triggers: Trigger[];
  /** Calendar days of the host's zone, `2026-11-17`. */
  since: string | null;
  until: string | null;
};

export const NO_FILTERS: HistoryFilters = {
  text: '',
  job: null,
  without: [],
  states: [],
  triggers: [],
  since: null,
  until: null,
};

const list = <T extends string>(text: string | null, words: readonly T[]): T[] =>
  (text ?? '').split(',').filter((word): word is T => (words as readonly string[]).includes(word));
const day = (text: string | null): string | null => (text && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null);

/** Reads `#/run/12?task=…`; whatever makes no sense is the queue. */
export function parseAddress(hash: string): Address {
  const [path = '', words = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [view = '', ...rest] = path.split('/').map(decode);
  const search = new URLSearchParams(words);
  switch (view) {
    case 'history':
      return {
        view,
        filters: {
          text: search.get('text') ?? '',
          job: search.get('job'),
          // A job's name may have a comma, so each is a word of its own.
          without: search.getAll('without'),
          states: list(search.get('state'), RUN_STATES),
          triggers: list(search.get('trigger'), TRIGGERS),
          since: day(search.get('since')),
          until: day(search.get('until')),
        },
      };
    case 'run': {
      const line = Number(search.get('line'));
      if (rest.length === 0) return { view: 'queue' };
      return {
        view,
        run: rest.join('/'),
        task: search.get('task'),
        line: Number.isInteger(line) && line > 0 ? line : null,
      };
    }
    case 'edit':
      return { view, path: rest.join('/'), template: search.get('template') };
    case 'settings':
      return { view };
    default:
      return { view: 'queue' };
  }
}

/** The other way; `parseAddress(formatAddress(a))` is `a`. */
export function formatAddress(address: Address): string {
  switch (address.view) {
    case 'queue':
    case 'settings':
      return `#/${address.view}`;
    case 'edit':
      return `#/edit/${segments(address.path)}${query({ template: address.template })}`;
    case 'run':
      return `#/run/${segments(address.run)}${query({ task: address.task, line: address.line })}`;
    case 'history': {
      const { text, job, without, states, triggers, since, until } = address.filters;
      const words = {
        text,
        job,
        without,
        state: states.join(','),
        trigger: triggers.join(','),
        since,
        until,
      };
      return `#/history${query(words)}`;
    }
    default: {
      const never: never = address;
      return never;
    }
  }
}

const segments = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % typed by hand
  }
}

function query(words: Record<string, string | number | null | string[]>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(words)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== '') search.append(key, String(one));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
