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
  event(event: EventName, data: unknown): Checked;
}

export const contract: Contract = {
  wrongInput(method, input) {
    const checked = api.methods[method].input.safeParse(input);
    return checked.success ? undefined : sentenceOf(method, checked.error);
  },
  output: (method, output) => checkedOf(api.methods[method].output.safeParse(output)),
  event: (event, data) => checkedOf(api.events[event].safeParse(data)),
};

function checkedOf(result: { success: true; data: unknown } | { success: false }): Checked {
  return result.success ? { data: result.data } : { isUnknown: true };
}
