import { api } from '../../electron/api/api.ts';
import type { Method } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';

/** A whole table of handlers of which a test writes only those that it calls; the others fail. */
export function handlersWith(some: Partial<Handlers>): Handlers {
  const missing = Object.keys(api.methods).map((method) => [
    method,
    () => {
      throw new Failure('not-in-test', `This test has no handler for ${method as Method}.`);
    },
  ]);
  return { ...(Object.fromEntries(missing) as Handlers), ...some };
}
