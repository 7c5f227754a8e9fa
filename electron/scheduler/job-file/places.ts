import { EVENT_ID, SCALAR_STYLE, getScalarValue } from 'js-yaml';
import type { Event } from 'js-yaml';

/** The way from the top of a file to a value: keys of maps and places in lists. */
export type Path = readonly (string | number)[];

interface Place {
  readonly at: number;
  readonly entries?: Map<string, { readonly keyAt: number; value: Place }>;
  readonly items?: Place[];
}

export interface DuplicateKey {
  readonly key: string;
  readonly at: number;
  readonly firstAt: number;
}

/**
 * Where in the text each value of a YAML document is. js-yaml keeps offsets in its events only, so this walks them; it costs
 * about as much as parsing, and is built only for a file that has Problems.
 *
 * An alias stands where its anchor stands, and a merged key where it was written.
 */
export class Places {
  readonly duplicates: DuplicateKey[] = [];
  readonly #root: Place | undefined;
  readonly #anchors = new Map<string, Place>();
  readonly #source: string;
  readonly #events: readonly Event[];
  #next = 0;

  constructor(source: string, events: readonly Event[]) {
    this.#source = source;
    this.#events = events;
    while (this.#events[this.#next]?.type === EVENT_ID.DOCUMENT) this.#next += 1;
    this.#root = this.#next < events.length ? this.#read(0) : undefined;
  }

  /** Offset of what is at `path`: the value, or its key; of the nearest thing around it where there is no such place. */
  find(path: Path, target: 'key' | 'value'): number {
    let place = this.#root;
    let at = place?.at ?? 0;
    for (const [index, step] of path.entries()) {
      const isLast = index === path.length - 1;
      const entry = typeof step === 'string' ? place?.entries?.get(step) : undefined;
      const next = entry?.value ?? (typeof step === 'number' ? place?.items?.[step] : undefined);
      if (next === undefined) return at;
      at = entry !== undefined && isLast && target === 'key' ? entry.keyAt : next.at;
      place = next;
    }
    return at;
  }

  // `fallback` is the place of a value that has no text of its own: the null of `key:` is where the key is.
  #read(fallback: number): Place {
    const event = this.#events[this.#next];
    this.#next += 1;
    if (event === undefined) return { at: fallback };
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#anchor(event, { at: scalarStart(event, fallback) });
      case EVENT_ID.ALIAS:
        return (
          this.#anchors.get(this.#source.slice(event.anchorStart, event.anchorEnd)) ?? { at: event.anchorStart - 1 }
        );
      case EVENT_ID.SEQUENCE: {
        const place = { at: event.start, items: [] as Place[] };
        this.#anchor(event, place);
        while (!this.#isAtEnd()) place.items.push(this.#read(event.start));
        return place;
      }
      case EVENT_ID.MAPPING: {
        const place = { at: event.start, entries: new Map<string, { keyAt: number; value: Place }>() };
        this.#anchor(event, place);
        const merged: Place[] = [];
        while (!this.#isAtEnd()) this.#readEntry(place.entries, merged, event.start);
        for (const source of merged) {
          for (const [key, entry] of source.entries ?? []) if (!place.entries.has(key)) place.entries.set(key, entry);
        }
        return place;
      }
      default:
        return { at: fallback };
    }
  }

  #readEntry(entries: NonNullable<Place['entries']>, merged: Place[], mapAt: number): void {
    const keyEvent = this.#events[this.#next];
    const key = keyEvent?.type === EVENT_ID.SCALAR ? scalarText(this.#source, keyEvent) : undefined;
    const keyAt = this.#read(mapAt).at;
    const value = this.#read(keyAt);
    if (key === undefined) return;
    if (key === '<<' && keyEvent?.type === EVENT_ID.SCALAR && keyEvent.style === SCALAR_STYLE.PLAIN) {
      merged.push(value, ...(value.items ?? []));
      return;
    }
    const first = entries.get(key);
    if (first !== undefined) this.duplicates.push({ key, at: keyAt, firstAt: first.keyAt });
    entries.set(key, { keyAt, value });
  }

  #isAtEnd(): boolean {
    const event = this.#events[this.#next];
    if (event === undefined) return true;
    if (event.type !== EVENT_ID.POP) return false;
    this.#next += 1;
    return true;
  }

  #anchor(event: { anchorStart: number; anchorEnd: number }, place: Place): Place {
    if (event.anchorStart >= 0) this.#anchors.set(this.#source.slice(event.anchorStart, event.anchorEnd), place);
    return place;
  }
}

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

function scalarText(source: string, event: ScalarEvent): string {
  return event.valueStart < 0 ? '' : getScalarValue(source, event);
}

// The range of a quoted scalar is what is between the quotes; people look for the quote.
function scalarStart(event: ScalarEvent, fallback: number): number {
  if (event.valueStart < 0) return fallback;
  switch (event.style) {
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return event.valueStart - 1;
    case SCALAR_STYLE.LITERAL_BLOCK:
    case SCALAR_STYLE.FOLDED_BLOCK:
      return fallback;
    default:
      return event.valueStart === event.valueEnd ? fallback : event.valueStart;
  }
}

/** Turns offsets into lines and columns, both from 1. A line ends at `\n`, `\r\n` or a lone `\r`, as YAML has it. */
export function lineFinder(text: string): (offset: number) => { line: number; column: number } {
  // Editors do not count a byte order mark.
  const starts = [text.startsWith('\uFEFF') ? 1 : 0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return (offset) => {
    const at = Math.max(starts[0] ?? 0, Math.min(offset, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  };
}
