import { z } from 'zod';
import { api } from './api.ts';
import type { EventName, Method } from './api.ts';
import { sentenceOf } from './frames.ts';

/** What the schemas of api.ts say of an answer or an event: it, as the contract knows it, or that it is something else. */
export type Checked = { readonly data: unknown } | { readonly isUnknown: true };

/** The schemas of api.ts, as a caller asks them (client.ts). */
export interface Contract {
  /** What is wrong with it, in a sentence; undefined where nothing is. */
  wrongInput(method: Method, input: unknown): string | undefined;
  output(method: Method, output: unknown): Checked;
  /** The same of some items of a list that is the output, or one of its properties. */
  items(method: Method, property: string | undefined, items: readonly unknown[]): Checked;
  event(event: EventName, data: unknown): Checked;
}

export const contract: Contract = {
  wrongInput(method, input) {
    const checked = api.methods[method].input.safeParse(input);
    return checked.success ? undefined : sentenceOf(method, checked.error);
  },
  output: (method, output) => checkedOf(api.methods[method].output.safeParse(output)),
  items(method, property, items) {
    const schema = listSchema(method, property);
    return schema === undefined ? { isUnknown: true } : checkedOf(schema.safeParse(items));
  },
  event: (event, data) => checkedOf(api.events[event].safeParse(data)),
};

/** Of a method's output, or one of its properties, where that is a list. */
export function listSchema(method: Method, property: string | undefined): z.ZodArray | undefined {
  const { output }: { output: z.ZodType } = api.methods[method];
  let schema: unknown = output;
  if (property !== undefined) {
    const shape: Readonly<Record<string, unknown>> = output instanceof z.ZodObject ? output.shape : {};
    schema = Object.hasOwn(shape, property) ? shape[property] : undefined;
  }
  return schema instanceof z.ZodArray ? schema : undefined;
}

function checkedOf(result: { success: true; data: unknown } | { success: false }): Checked {
  return result.success ? { data: result.data } : { isUnknown: true };
}
