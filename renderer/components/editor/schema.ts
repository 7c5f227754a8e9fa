/**
 * What the job file's JSON Schema says about a place in the file: which keys may stand there, what they are for, which values they
 * take. The one schema that the scheduler validates with is the only source; nothing about job files is written here.
 */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A key of a map, or `[]` for an item of a list. */
export type Path = readonly string[];

export interface KeyHelp {
  readonly key: string;
  readonly description: string;
  /** "string", "list", "skip | queue-one | …". */
  readonly kind: string;
  readonly isRequired: boolean;
}

/** All shapes that a place may have: references followed, alternatives listed. `seen` ends a schema that contains itself. */
export function shapes(schema: Schema | undefined, root: Schema, seen: readonly Schema[] = []): Schema[] {
  if (schema === undefined || seen.includes(schema) || seen.length > 16) return [];
  const inner = [...seen, schema];
  const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  const referred =
    schema.$ref === '#' ? root : name === undefined ? undefined : (root.$defs?.[name] ?? root.definitions?.[name]);
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...shapes(referred, root, inner), ...others.flatMap((other) => shapes(other, root, inner))];
}

/** The shapes at a path, from the top of the file. */
export function shapesAt(root: Schema, path: Path): Schema[] {
  let here = shapes(root, root);
  for (const step of path)
    here = here.flatMap((shape) => {
      if (step === '[]') return shapes(shape.items, root);
      const known = shape.properties?.[step];
      if (known !== undefined) return shapes(known, root);
      return typeof shape.additionalProperties === 'object' ? shapes(shape.additionalProperties, root) : [];
    });
  return here;
}

/** The keys that a map at this path may have, in the schema's order. */
export function keysAt(root: Schema, path: Path): KeyHelp[] {
  const found = new Map<string, KeyHelp>();
  for (const shape of shapesAt(root, path))
    for (const [key, value] of Object.entries(shape.properties ?? {}))
      if (!found.has(key)) found.set(key, help(root, key, value, shape.required?.includes(key) ?? false));
  return [...found.values()];
}

/** What is known about the key that a path ends with. */
export function helpAt(root: Schema, path: Path): KeyHelp | undefined {
  const key = path.at(-1);
  return key === undefined ? undefined : keysAt(root, path.slice(0, -1)).find((candidate) => candidate.key === key);
}

/** The words that a value at this path may be. */
export function valuesAt(root: Schema, path: Path): string[] {
  const values = shapesAt(root, path).flatMap((shape) => [
    ...(shape.enum ?? []),
    ...(shape.const === undefined ? [] : [shape.const]),
    ...(shape.type === 'boolean' ? [true, false] : []),
  ]);
  return [...new Set(values.map(String))];
}

function help(root: Schema, key: string, value: Schema, isRequired: boolean): KeyHelp {
  const all = shapes(value, root);
  const description = all.find((shape) => shape.description !== undefined)?.description ?? '';
  const words = all.flatMap((shape) => shape.enum ?? (shape.const === undefined ? [] : [shape.const]));
  const types = new Set(
    all.flatMap(({ type }) => (typeof type === 'string' ? [type] : (type ?? []))).map((type) => TYPES[type] ?? type),
  );
  const kind = words.length > 0 ? [...new Set(words.map(String))].join(' | ') : [...types].join(' or ');
  return { key, description, kind, isRequired };
}

const TYPES: Record<string, string> = { array: 'list', object: 'map', integer: 'number', boolean: 'true or false' };
