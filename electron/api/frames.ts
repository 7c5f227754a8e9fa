import { z } from 'zod';

/**
 * What crosses a wire. A caller sends `call`, `subscribe` and `unsubscribe`; the host sends `ok` and `error`, which name the call
 * that they answer, and `event`, which names the subscription. Ids are the caller's own, one count for calls and subscriptions.
 */

/**
 * Characters. The largest honest frame is a job file of 1 MiB being saved; JSON may double it. A host refuses to hold more than
 * this for somebody who may not even be one of ours.
 */
export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** What an event is about: a run's id, so far. */
export type EventKey = string | number;

const id = z.number().int().nonnegative();
const eventKey = z.union([z.number(), z.string().max(1100)]);

export const callerFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, method: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('subscribe'), id, event: z.string(), key: eventKey.optional() }),
  z.object({ type: z.literal('unsubscribe'), id }),
]);
export type CallerFrame = z.output<typeof callerFrameSchema>;

export const hostFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ok'), id, output: z.unknown() }),
  /** `id` is null where the frame that went wrong could not be told to be anybody's. */
  z.object({ type: z.literal('error'), id: id.nullable(), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('event'), id, data: z.unknown() }),
]);
export type HostFrame = z.output<typeof hostFrameSchema>;

/** The frame in a text that anybody may have sent; undefined where it is none. */
export function parseFrame<T>(schema: z.ZodType<T>, text: string): T | undefined {
  if (text.length > MAX_FRAME_LENGTH) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON, or nested deeper than the parser goes: no frame either way.
    return undefined;
  }
}

/** What zod found wrong, in one sentence about `subject`: "`queue.next`: `job` …; `params.a` …." */
export function sentenceOf(subject: string, error: z.ZodError): string {
  const found = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `\`${path}\`: ${issue.message}`;
  });
  return `\`${subject}\` was not called as it should be: ${found.join('; ')}.`;
}
