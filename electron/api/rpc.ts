import { api, KEYED_EVENTS } from './api.ts';
import type { EventData, EventName, Method, Output, ParsedInput } from './api.ts';
import { listSchema } from './contract.ts';
import { callerFrameSchema, parseFrame, sentenceOf } from './frames.ts';
import type { CallerFrame } from './frames.ts';
import { latestByKey } from './latest-by-key.ts';
import type { LatestByKey } from './latest-by-key.ts';
import { MAX_FRAME_LENGTH } from './wire.ts';
import type { EventKey, HostFrame, Wire } from './wire.ts';

/**
 * The host's end of a wire (client.ts is the caller's). Both validate what goes in and what comes out (a page does from its first idle
 * moment on), so neither has to trust the other, and no frame, however wrong, brings an end down: the host answers a bad one with an
 * error, the caller closes a wire whose host it cannot understand, and whoever closes, all waiting calls are rejected.
 */

/** One function per method. Whoever adds a method to api.ts is told here by the compiler. */
export type Handlers = { [M in Method]: (input: ParsedInput<M>) => Output<M> | Promise<Output<M>> };

export interface Served {
  /** Hints at a change to whoever subscribed to the event, or to the event with this key. */
  emit<E extends EventName>(event: E, key: EventKey | undefined, data: EventData<E>): void;
  /** Closes the wire; resolves when the calls that were under way have ended. */
  close(): Promise<void>;
}

/** Events are hints, so twenty a second is as good as all of them. */
const EVENT_INTERVAL_MS = 50;
/** A log's lines are waited for: with the 10 ms of its batches and the time to read them they are in a window within 50. */
const LOG_INTERVAL_MS = 20;
/** A list that is longer crosses in parts, of so many items at most. */
const ITEMS_A_PART = 200;
/** To check the items of a part; to write and send them takes as long again. The first of a kind take ten times as long, so a part may be short. */
const PART_MS = 2;
/** That are checked between two looks at the clock. */
const ITEMS_A_CHECK = 25;
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

  /** Of each long list what is not last, each part in a turn of its own: to check and write thousands of items takes a tenth of a second. Resolves with the rest. */
  async function sendParts(id: number, method: Method, output: unknown): Promise<unknown> {
    if (Array.isArray(output)) return sendItems(id, method, undefined, output);
    if (typeof output !== 'object' || output === null) return output;
    const rest: Record<string, unknown> = {};
    for (const [property, value] of Object.entries(output))
      if (Array.isArray(value)) rest[property] = await sendItems(id, method, property, value);
    return { ...output, ...rest };
  }

  async function sendItems(id: number, method: Method, property: string | undefined, list: readonly unknown[]) {
    const schema = list.length > ITEMS_A_PART ? listSchema(method, property) : undefined;
    if (schema === undefined) return list;
    let from = 0;
    while (list.length - from > ITEMS_A_CHECK) {
      const until = performance.now() + PART_MS;
      const most = Math.min(from + ITEMS_A_PART, list.length - ITEMS_A_CHECK);
      const items: unknown[] = [];
      do items.push(...schema.parse(list.slice(from, (from += ITEMS_A_CHECK))));
      while (from < most && performance.now() < until);
      // Items so large are no list of thousands, and what is refused is the whole.
      if (isClosed || !send({ type: 'part', id, property, items })) return list;
      await new Promise((resolve) => setTimeout(resolve));
    }
    return list.slice(from);
  }

  async function answer(id: number, method: Method, input: unknown): Promise<void> {
    try {
      const parsed = api.methods[method].input.safeParse(input);
      if (!parsed.success) return refuse(id, 'bad-input', sentenceOf(method, parsed.error));
      const handler = handlers[method] as (input: unknown) => unknown;
      const output = await sendParts(id, method, await handler(parsed.data));
      if (isClosed || send({ type: 'ok', id, output: api.methods[method].output.parse(output) })) return;
      refuse(id, 'too-large', `The answer to \`${method}\` is larger than 4 MiB; ask for less at a time.`);
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
