export type Held<T> = { item: T; isGone: boolean };

/**
 * The rows to show while a list is under the pointer or the focus: the order of before, with today's values. A row that is no
 * longer in the list stays, marked as gone; a new one waits until the list is left. Nothing moves.
 */
export function holdOrder<T>(shown: readonly Held<T>[], fresh: readonly T[], keyOf: (item: T) => number): Held<T>[] {
  const byKey = new Map(fresh.map((item) => [keyOf(item), item]));
  return shown.map(({ item }) => {
    const now = byKey.get(keyOf(item));
    return now === undefined ? { item, isGone: true } : { item: now, isGone: false };
  });
}
