import type { Wire } from '../../electron/api/wire.ts';
import { openWebSocket } from './web-socket-wire.ts';

declare global {
  interface Window {
    /** Put there by the desktop's preload script; a browser has none. */
    nightjar?: Wire;
  }
}

const TOKEN_KEY = 'nightjar.token';

/**
 * Takes the token out of `#token=…` into this tab's session and erases it from the address, so that it is neither bookmarked nor
 * seen over a shoulder. Call before anything reads the address. False: there is none in it.
 */
export function takeToken(): boolean {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return false;
  sessionStorage.setItem(TOKEN_KEY, token);
  history.replaceState(null, '', location.pathname + location.search);
  return true;
}

/** The preload's wire on the desktop, else a WebSocket to where the page came from. */
export async function openWire(): Promise<Wire> {
  if (window.nightjar) return window.nightjar;
  return openWebSocket(sessionStorage.getItem(TOKEN_KEY) ?? 'none');
}
