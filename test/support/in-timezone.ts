import { onTestFinished } from 'vitest';

/** Sets the zone of this process, as TZ does; it is what it was when the test ends. */
export function inTimezone(name: string): void {
  const before = process.env['TZ'];
  onTestFinished(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
  process.env['TZ'] = name;
}
