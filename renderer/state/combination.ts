/** A task of a matrix is called `test (python=3.13, db=pg16)`: this takes the name apart. Null for any other name. */
export function combinationOf(name: string): { readonly of: string; readonly values: string } | null {
  const [, of, pairs] = /^(.+) \(([^=()]+=.*)\)$/s.exec(name) ?? [];
  if (of === undefined || pairs === undefined) return null;
  const values = pairs.split(/, (?=[^=, ]+=)/).map((pair) => pair.slice(pair.indexOf('=') + 1));
  return { of, values: values.join(', ') };
}

/** As short as it still tells tasks of a group apart: `3.13, pg16`. */
export const shortName = (name: string): string => combinationOf(name)?.values ?? name;
