import type { EventData, EventName, Input, Method, Output } from './api.ts';
import type { Checked, Contract } from './contract.ts';
import type { CallerFrame } from './frames.ts';
import { MAX_FRAME_LENGTH, parseHostFrame } from './wire.ts';
import type { EventKey, HostFrame, Wire } from './wire.ts';

export interface Client {
  /** Rejects with an ApiError; with code `closed` when the wire closes before the answer. */
  call<M extends Method>(method: M, input: Input<M>): Promise<Output<M>>;
  /**
   * Listens to an event, or to what concerns one key only; returns what ends it. Wires keep the order, so a call made after this
   * sees at least the state that the next event speaks of: subscribe first, then read.
   */
  on<E extends EventName>(event: E, key: EventKey | undefined, listener: (data: EventData<E>) => void): () => void;
  onClose(listener: () => void): void;
  close(): void;
}

interface Call {
  readonly method: Method;
  /** Of an answer that is a long list, or has some in its properties, what has come, by property. */
  readonly parts: Map<string | undefined, unknown[]>;
  readonly resolve: (output: never) => void;
  readonly reject: (error: ApiError) => void;
}

/** Why a call failed. The code is a Failure's, or `internal`, `closed`, `bad-input`, `too-large`, `bad-answer`. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

/**
 * The caller's end of a wire that is open. What goes in and what comes out is checked by `contract()`; while that is undefined it is
 * taken as it comes, for a page that its host has just handed out and that loads the schemas after its first view.
 */
export function connect(wire: Wire, contract: () => Contract | undefined): Client {
  const calls = new Map<number, Call>();
  const listeners = new Map<number, { event: EventName; listener: (data: never) => void }>();
  const closeListeners: (() => void)[] = [];
  let nextId = 1;
  let isClosed = false;

  function send(frame: CallerFrame): void {
    const text = JSON.stringify(frame);
    if (text.length > MAX_FRAME_LENGTH) {
      throw new ApiError('too-large', 'This is more than 4 MiB, which is the most that Nightjar takes at once.');
    }
    wire.send(text);
  }

  /** Undefined where it is not what the method answers, which its caller is told. */
  function known(id: number, { method, reject }: Call, checked: Checked): { readonly data: unknown } | undefined {
    if ('data' in checked) return checked;
    calls.delete(id);
    const message = `This Nightjar answers \`${method}\` in a way that is not known here; are both of one version?`;
    reject(new ApiError('bad-answer', message));
    return undefined;
  }

  /** False where the host says what this end cannot understand: then nobody knows which call it meant. */
  function receive(frame: HostFrame): boolean {
    switch (frame.type) {
      case 'ok': {
        const call = calls.get(frame.id);
        // Nobody waits for it: an answer that came twice, or to a call that was never made.
        if (call === undefined) return true;
        const last = contract()?.output(call.method, frame.output) ?? { data: frame.output };
        const whole = known(frame.id, call, 'data' in last ? joined(call.parts, last.data) : last);
        calls.delete(frame.id);
        if (whole !== undefined) call.resolve(whole.data as never);
        return true;
      }
      case 'part': {
        const { id, property, items } = frame;
        const call = calls.get(id);
        if (call === undefined) return true;
        const part = known(id, call, contract()?.items(call.method, property, items) ?? { data: items });
        if (part === undefined) return true;
        const before = call.parts.get(property) ?? [];
        for (const item of part.data as unknown[]) before.push(item);
        call.parts.set(property, before);
        return true;
      }
      case 'error': {
        if (frame.id === null) return false;
        const call = calls.get(frame.id);
        calls.delete(frame.id);
        call?.reject(new ApiError(frame.code, frame.message));
        return true;
      }
      case 'event': {
        const subscriber = listeners.get(frame.id);
        // Already unsubscribed; the event was under way.
        if (subscriber === undefined) return true;
        const checked = contract()?.event(subscriber.event, frame.data) ?? { data: frame.data };
        if ('data' in checked) subscriber.listener(checked.data as never);
        return 'data' in checked;
      }
      default:
        frame satisfies never;
        return false;
    }
  }

  wire.onFrame((text) => {
    if (isClosed) return;
    const frame = parseHostFrame(text);
    if (frame === undefined || !receive(frame)) wire.close();
  });
  wire.onClose(() => {
    isClosed = true;
    listeners.clear();
    for (const call of calls.values()) call.reject(closedError());
    calls.clear();
    for (const listener of closeListeners.splice(0)) listener();
  });

  return {
    async call(method, input) {
      if (isClosed) throw closedError();
      const wrong = contract()?.wrongInput(method, input);
      if (wrong !== undefined) throw new ApiError('bad-input', wrong);
      const id = nextId++;
      return new Promise((resolve, reject) => {
        send({ type: 'call', id, method, input });
        calls.set(id, { method, parts: new Map(), resolve, reject });
      });
    },
    on(event, key, listener) {
      const id = nextId++;
      if (isClosed) return () => {};
      listeners.set(id, { event, listener });
      send({ type: 'subscribe', id, event, key });
      return () => {
        if (listeners.delete(id)) send({ type: 'unsubscribe', id });
      };
    },
    onClose(listener) {
      if (isClosed) listener();
      else closeListeners.push(listener);
    },
    close: () => wire.close(),
  };
}

/** The answer whose last part this is. */
function joined(parts: Call['parts'], last: unknown): Checked {
  let whole = last;
  for (const [property, items] of parts) {
    const end: unknown =
      property === undefined ? whole : (whole as Readonly<Record<string, unknown>> | null)?.[property];
    if (!Array.isArray(end)) return { isUnknown: true };
    const list = items.concat(end);
    whole = property === undefined ? list : { ...(whole as object), [property]: list };
  }
  return { data: whole };
}

function closedError(): ApiError {
  return new ApiError('closed', 'The connection to Nightjar closed before it answered.');
}
