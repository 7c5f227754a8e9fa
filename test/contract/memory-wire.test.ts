import { serve } from '../../electron/api/rpc.ts';
import type { Served } from '../../electron/api/rpc.ts';
import { memoryWires } from '../../electron/host/memory-wire.ts';
import { contractSuite } from './contract-suite.ts';

contractSuite('a wire in memory', async (handlers, onBug) => {
  const served: Served[] = [];
  return {
    async dial() {
      const [host, caller] = memoryWires();
      served.push(serve(host, handlers, { onBug }));
      return caller;
    },
    emit(event, key, data) {
      for (const one of served) one.emit(event, key, data);
    },
    // Some handlers of the suite never answer, so nothing waits for them.
    async close() {
      for (const one of served) void one.close();
    },
  };
});
