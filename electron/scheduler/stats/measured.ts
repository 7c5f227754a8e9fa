import type { Executor } from '../executor/executor.ts';
import type { OpenMeter, UsageBook } from './usage-book.ts';

/** The same executor, with what it runs measured into the book. */
export function measured(executor: Executor, book: UsageBook): Executor {
  return {
    execute: (execution) => closing(book.begin(execution), (usage) => executor.execute({ ...execution, usage })),
    recover: async (execution, trace) =>
      closing(await book.resume(execution), (usage) => executor.recover({ ...execution, usage }, trace)),
    availability: (task) => executor.availability(task),
    close: () => executor.close(),
  };
}

async function closing<T>(usage: OpenMeter, run: (usage: OpenMeter) => Promise<T>): Promise<T> {
  try {
    return await run(usage);
  } finally {
    await usage.close();
  }
}
