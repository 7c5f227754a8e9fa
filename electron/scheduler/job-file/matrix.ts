/** One value for each variable of a `matrix`. */
export type Combination = Readonly<Record<string, string>>;

/** A group of more is no picture that anybody reads, and each of its tasks is a process or a container. */
export const MAX_COMBINATIONS = 256;

/** Every combination, in the order written: the last variable changes fastest. */
export function combinationsOf(matrix: Readonly<Record<string, readonly string[]>>): Combination[] {
  return Object.entries(matrix).reduce<Combination[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** `test (python=3.13, db=pg)`: how the task of one combination is called. */
export function nameOfCombination(task: string, combination: Combination): string {
  const values = Object.entries(combination).map(([name, value]) => `${name}=${value}`);
  return `${task} (${values.join(', ')})`;
}

/** The matrix that these combinations are all of. */
export function matrixOf(combinations: readonly Combination[]): Record<string, string[]> {
  const names = Object.keys(combinations[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, [...new Set(combinations.map((one) => one[name] ?? ''))]]));
}
