interface Question {
  readonly id: number;
  /** A function's text: `(electron, argument) => …`. */
  readonly source: string;
  readonly argument: unknown;
}

/** Runs what a test sends over the process's ipc on the electron that main.ts got, as playwright's `evaluate` does on a real one. */
export function answerTests(electron: Readonly<Record<string, unknown>>): void {
  process.on('message', async ({ id, source, argument }: Question) => {
    try {
      // oxlint-disable-next-line no-new-func -- a test's own text
      const ask = new Function(`return (${source})`)() as (electron: unknown, argument: unknown) => unknown;
      process.send?.({ id, answer: await ask(electron, argument) });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
  // A test that is gone leaves nobody to end us.
  process.on('disconnect', () => process.exit(1));
}
