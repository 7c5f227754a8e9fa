import { z } from 'zod';
import { MAX_FRAME_LENGTH } from './wire.ts';

const id = z.number().int().nonnegative();
const eventKey = z.union([z.number(), z.string().max(1100)]);

/** What a caller sends; anybody may have sent it (wire.ts). */
export const callerFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, method: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('subscribe'), id, event: z.string(), key: eventKey.optional() }),
  z.object({ type: z.literal('unsubscribe'), id }),
]);
export type CallerFrame = z.output<typeof callerFrameSchema>;

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
