import { constants } from 'node:os';

/** `TERM`, `SIGTERM` and `15` are one signal, as with docker; undefined for null and for what is none on this system. */
export function signalName(written: string | null): NodeJS.Signals | undefined {
  if (written === null) return undefined;
  const name = written.toUpperCase().startsWith('SIG') ? written.toUpperCase() : `SIG${written.toUpperCase()}`;
  const found = Object.entries(constants.signals).find(
    ([known, number]) => known === name || String(number) === written,
  );
  return found?.[0] as NodeJS.Signals | undefined;
}
