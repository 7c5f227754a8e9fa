/**
 * Following a live log, as a state: it is on at the end, off as soon as the reader does anything that says "I am reading here",
 * and on again only at the very end or when asked. What arrives meanwhile is counted and moves nothing.
 */
export interface Follow {
  readonly isOn: boolean;
  /** Rows that there were when following ended; what is beyond is new. */
  readonly seen: number;
}

export type FollowEvent =
  | { readonly kind: 'grew' | 'asked' | 'selected' | 'searched' | 'jumped'; readonly rows: number }
  | { readonly kind: 'scrolled'; readonly rows: number; readonly isUp: boolean; readonly isAtEnd: boolean };

export function followed(state: Follow, event: FollowEvent): Follow {
  switch (event.kind) {
    case 'grew':
      return state.isOn ? { isOn: true, seen: event.rows } : state;
    case 'asked':
      return { isOn: true, seen: event.rows };
    case 'selected':
    case 'searched':
    case 'jumped':
      return state.isOn ? { isOn: false, seen: event.rows } : state;
    case 'scrolled':
      if (event.isAtEnd && !event.isUp) return { isOn: true, seen: event.rows };
      return state.isOn && event.isUp ? { isOn: false, seen: event.rows } : state;
    default:
      return event satisfies never;
  }
}

export const newBelow = (state: Follow, rows: number): number => (state.isOn ? 0 : Math.max(0, rows - state.seen));
