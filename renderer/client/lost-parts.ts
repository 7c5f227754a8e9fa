/** When this tab was loaded anew for a part that was gone. */
const KEY = 'nightjar.renewedAt';
/** A part that is gone again so soon after is not mended by loading once more. */
const AGAIN_MS = 60_000;

const notMissed = new WeakSet<object>();

/** What was thrown for a part that nobody waits for: it is not told. Say so in the turn in which it was caught. */
export function nobodyMisses(thrown: unknown): void {
  if (typeof thrown === 'object' && thrown !== null) notMissed.add(thrown);
}

/**
 * After an upgrade an open window asks for parts of the one that it came from, which are gone: it is then loaded anew, once, if
 * there is a host to load it from; drafts are in its storage. Else `say` is told a sentence. Returns stop.
 */
export function renewLostParts(say: (sentence: string) => void): () => void {
  const onLost = async (): Promise<void> => {
    const renewedAt = Number(sessionStorage.getItem(KEY) ?? 0);
    const isThere = await fetch(location.pathname, { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere && Date.now() - renewedAt > AGAIN_MS) {
      sessionStorage.setItem(KEY, String(Date.now()));
      location.reload();
    } else {
      say(
        isThere
          ? 'A part of this window cannot be loaded. Close the window and open it again.'
          : 'A part of this window cannot be loaded, because Nightjar does not answer. Open it again when it does.',
      );
    }
  };
  const listener = ({ payload }: VitePreloadErrorEvent) => {
    // Told before whoever loads it has caught it.
    setTimeout(() => {
      if (!notMissed.has(payload)) void onLost();
    });
  };
  addEventListener('vite:preloadError', listener);
  return () => removeEventListener('vite:preloadError', listener);
}
