/** A page that is never idle does it after so long all the same. */
const LATEST_MS = 500;

/** Calls once when the page has nothing else to do; returns how to call it off. WebKit knows no idle page. */
export function whenIdle(call: () => void): () => void {
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(call, 1);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(call, { timeout: LATEST_MS });
  return () => cancelIdleCallback(handle);
}
