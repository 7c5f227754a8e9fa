/**
 * Strings of JSON, each one frame, that arrive in the order in which they were sent. A caller sends `call`, `subscribe` and
 * `unsubscribe` (frames.ts); the host sends `ok`, `part` and `error`, which name the call that they answer, and `event`, which names the
 * subscription. Ids are the caller's own, one count for calls and subscriptions.
 */
export interface Wire {
  /** Never throws; what is sent after the wire closed is lost, and `onClose` has said so. */
  send(frame: string): void;
  /** One listener, set in the turn in which the wire was handed over. */
  onFrame(listener: (frame: string) => void): void;
  /** Called once, whoever closed it, and also where it is closed already. */
  onClose(listener: () => void): void;
  close(): void;
}

/**
 * Characters. The largest honest frame is a job file of 1 MiB being saved; JSON may double it. A host refuses to hold more than
 * this for somebody who may not even be one of ours.
 */
export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** What an event is about: a run's id, so far. */
export type EventKey = string | number;

/** What a host sends. */
export type HostFrame =
  | { readonly type: 'ok'; readonly id: number; readonly output?: unknown }
  /** The next items of an answer that is a long list, or of the long list in one of its properties; the last ones come with `ok`. */
  | {
      readonly type: 'part';
      readonly id: number;
      readonly property?: string | undefined;
      readonly items: readonly unknown[];
    }
  /** `id` is null where the frame that went wrong could not be told to be anybody's. */
  | { readonly type: 'error'; readonly id: number | null; readonly code: string; readonly message: string }
  | { readonly type: 'event'; readonly id: number; readonly data?: unknown };

/** The frame in what a host said; undefined where it is none. By hand, so that a caller needs no schema before its first answer. */
export function parseHostFrame(text: string): HostFrame | undefined {
  if (text.length > MAX_FRAME_LENGTH) return undefined;
  try {
    const frame: unknown = JSON.parse(text);
    return isHostFrame(frame) ? frame : undefined;
  } catch {
    // Not JSON, or nested deeper than the parser goes: no frame either way.
    return undefined;
  }
}

function isHostFrame(frame: unknown): frame is HostFrame {
  if (typeof frame !== 'object' || frame === null) return false;
  const { type, id, code, message, items, property } = frame as Record<string, unknown>;
  if (type === 'error') return (id === null || isId(id)) && typeof code === 'string' && typeof message === 'string';
  if (type === 'part') return isId(id) && Array.isArray(items) && ['string', 'undefined'].includes(typeof property);
  return (type === 'ok' || type === 'event') && isId(id);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
