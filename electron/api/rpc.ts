import { api, KEYED_EVENTS } from './api.ts';
import type { EventData, EventName, Input, Method, Output, ParsedInput } from './api.ts';
import { callerFrameSchema, hostFrameSchema, MAX_FRAME_LENGTH, parseFrame, sentenceOf } from './frames.ts';
import type { CallerFrame, EventKey, HostFrame } from './frames.ts';
import { latestByKey } from './latest-by-key.ts';
import type { LatestByKey } from './latest-by-key.ts';

/**
 * The contract of api.ts over a wire: `serve` is the host's end, `connect` the caller's. Both validate what goes in and what
 * comes out, so neither has to trust the other, and no frame, however wrong, brings an end down: the host answers a bad one with
 * an error, the caller closes a wire whose host it cannot understand, and whoever closes, all waiting calls are rejected.
 */

/** Strings of JSON, each one frame (frames.ts), that arrive in the order in which they were sent. */
export interface Wire {
  /** Never throws; what is sent after the wire closed is lost, and `onClose` has said so. */
  send(frame: string): void;
  /** One listener, set in the turn in which the wire was handed over. */
  onFrame(listener: (frame: string) => void): void;
  /** Called once, whoever closed it, and also where it is closed already. */
  onClose(listener: () => void): void;
  close(): void;
}

/** One function per method. Whoever adds a method to api.ts is told here by the compiler. */
export type Handlers = { [M in Method]: (input: ParsedInput<M>) => Output<M> | Promise<Output<M>> };

export interface Served {
  /** Hints at a change to whoever subscribed to the event, or to the event with this key. */
  emit<E extends EventName>(event: E, key: EventKey | undefined, data: EventData<E>): void;
  /** Closes the wire; resolves when the calls that were under way have ended. */
  close(): Promise<void>;
}

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

/** Why a call failed. The code is a Failure's, or `internal`, `closed`, `bad-input`, `too-large`, `bad-answer`. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

/** Events are hints, so twenty a second is as good as all of them. */
const EVENT_INTERVAL_MS = 50;
/** A log's lines are waited for: with the 10 ms of its batches and the time to read them they are in a window within 50. */
const LOG_INTERVAL_MS = 20;
/** Of one wire, each: a window has a few of either; more is a loop gone wild. */
const MAX_CALLS = 256;
const MAX_SUBSCRIPTIONS = 1_000;

interface Subscription {
  readonly event: EventName;
  readonly key: EventKey | undefined;
  readonly latest: LatestByKey<EventKey | undefined, unknown>;
}

/** Answers one wire with the handlers, until either end closes it. `onBug` gets what was thrown and is no Failure. */
export function serve(wire: Wire, handlers: Handlers, { onBug }: { onBug: (thrown: unknown) => void }): Served {
  const subscriptions = new Map<number, Subscription>();
  const calls = new Map<number, Promise<void>>();
  let isClosed = false;

  /** False where the frame is larger than the other end would take. */
  function send(frame: HostFrame): boolean {
    const text = JSON.stringify(frame);
    if (text.length > MAX_FRAME_LENGTH) return false;
    if (!isClosed) wire.send(text);
    return true;
  }

  function refuse(id: number | null, code: string, message: string): void {
    send({ type: 'error', id, code, message });
  }

  async function answer(id: number, method: Method, input: unknown): Promise<void> {
    try {
      const parsed = api.methods[method].input.safeParse(input);
      if (!parsed.success) return refuse(id, 'bad-input', sentenceOf(method, parsed.error));
      const handler = handlers[method] as (input: unknown) => unknown;
      const output = api.methods[method].output.parse(await handler(parsed.data));
      if (!send({ type: 'ok', id, output })) {
        refuse(id, 'too-large', `The answer to \`${method}\` is larger than 4 MiB; ask for less at a time.`);
      }
    } catch (thrown) {
      if (isFailure(thrown)) return refuse(id, thrown.code, thrown.message.slice(0, 10_000));
      onBug(thrown);
      refuse(id, 'internal', 'Something went wrong inside Nightjar; its own log has the details.');
    }
  }

  function receive(frame: CallerFrame): void {
    const { id } = frame;
    switch (frame.type) {
      case 'call': {
        const { method } = frame;
        if (calls.has(id)) return refuse(null, 'bad-frame', `A call with id ${id} is already under way.`);
        if (!isMethod(method)) return refuse(id, 'unknown-method', `There is no method \`${method.slice(0, 100)}\`.`);
        if (calls.size >= MAX_CALLS) return refuse(id, 'busy', `More than ${MAX_CALLS} calls at once; wait for some.`);
        const call = answer(id, method, frame.input).finally(() => calls.delete(id));
        calls.set(id, call);
        return;
      }
      case 'subscribe': {
        const { event, key } = frame;
        if (subscriptions.has(id)) return refuse(null, 'bad-frame', `A subscription with id ${id} exists already.`);
        if (!isEvent(event)) return refuse(null, 'unknown-event', `There is no event \`${event.slice(0, 100)}\`.`);
        if (key === undefined && KEYED_EVENTS.includes(event)) {
          return refuse(null, 'bad-input', `The event \`${event}\` is sent by key only; name one.`);
        }
        if (subscriptions.size >= MAX_SUBSCRIPTIONS) {
          return refuse(null, 'busy', `More than ${MAX_SUBSCRIPTIONS} subscriptions; end some.`);
        }
        const tell = (data: unknown) => send({ type: 'event', id, data });
        const intervalMs = event === 'log.grew' ? LOG_INTERVAL_MS : EVENT_INTERVAL_MS;
        subscriptions.set(id, { event, key, latest: latestByKey(intervalMs, tell) });
        return;
      }
      case 'unsubscribe': {
        subscriptions.get(id)?.latest.stop();
        subscriptions.delete(id);
        return;
      }
      default:
        frame satisfies never;
    }
  }

  function end(): void {
    isClosed = true;
    for (const { latest } of subscriptions.values()) latest.stop();
    subscriptions.clear();
  }

  wire.onFrame((text) => {
    if (isClosed) return;
    const frame = parseFrame(callerFrameSchema, text);
    if (frame !== undefined) receive(frame);
    else refuse(null, 'bad-frame', 'This is no frame of Nightjar, or one larger than 4 MiB.');
  });
  wire.onClose(end);

  return {
    emit(event, key, data) {
      for (const subscription of subscriptions.values()) {
        const isWanted = subscription.key === undefined || subscription.key === key;
        if (subscription.event === event && isWanted) subscription.latest.push(key, data);
      }
    },
    async close() {
      end();
      wire.close();
      await Promise.all(calls.values());
    },
  };
}

/** The caller's end of a wire that is open. */
export function connect(wire: Wire): Client {
  const calls = new Map<
    number,
    { method: Method; resolve: (output: never) => void; reject: (error: ApiError) => void }
  >();
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

  /** False where the host says what this end cannot understand: then nobody knows which call it meant. */
  function receive(frame: HostFrame): boolean {
    switch (frame.type) {
      case 'ok': {
        const call = calls.get(frame.id);
        // Nobody waits for it: an answer that came twice, or to a call that was never made.
        if (call === undefined) return true;
        calls.delete(frame.id);
        const output = api.methods[call.method].output.safeParse(frame.output);
        if (output.success) call.resolve(output.data as never);
        else
          call.reject(
            new ApiError(
              'bad-answer',
              `This Nightjar answers \`${call.method}\` in a way that is not known here; are both of one version?`,
            ),
          );
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
        const data = api.events[subscriber.event].safeParse(frame.data);
        if (data.success) subscriber.listener(data.data as never);
        return data.success;
      }
      default:
        frame satisfies never;
        return false;
    }
  }

  wire.onFrame((text) => {
    if (isClosed) return;
    const frame = parseFrame(hostFrameSchema, text);
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
      const checked = api.methods[method].input.safeParse(input);
      if (!checked.success) throw new ApiError('bad-input', sentenceOf(method, checked.error));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        send({ type: 'call', id, method, input });
        calls.set(id, { method, resolve, reject });
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

function closedError(): ApiError {
  return new ApiError('closed', 'The connection to Nightjar closed before it answered.');
}

// Failure lives in the scheduler, which the contract does not import: it is known by its name and its code.
function isFailure(thrown: unknown): thrown is Error & { code: string } {
  return thrown instanceof Error && thrown.name === 'Failure' && 'code' in thrown && typeof thrown.code === 'string';
}

function isMethod(name: string): name is Method {
  return Object.hasOwn(api.methods, name);
}

function isEvent(name: string): name is EventName {
  return Object.hasOwn(api.events, name);
}
