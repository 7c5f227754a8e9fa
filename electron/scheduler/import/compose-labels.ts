import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { Failure, messageOf } from '../failure.ts';

/** A service of a Compose file, as far as Ofelia looks at it. */
export interface ComposeService {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The services of a Compose file with their labels, a list or a map there. Fails with `not-compose`. */
export function readCompose(text: string, shownAs: string): ComposeService[] {
  let file: unknown;
  try {
    file = load(text, { schema: CORE_SCHEMA.withTags(mergeTag), maxAliases: 1_000 });
  } catch (error) {
    throw new Failure(
      'not-compose',
      `${shownAs} is no YAML: ${(messageOf(error).split('\n')[0] as string).replace(/\.$/, '')}.`,
      { cause: error },
    );
  }
  const services = (file as { services?: unknown } | null)?.services;
  if (typeof services !== 'object' || services === null) {
    throw new Failure('not-compose', `${shownAs} has no \`services\`; name a Compose file.`);
  }
  return Object.entries(services as Record<string, { labels?: unknown } | null>).map(([name, service]) => ({
    name,
    labels: labelsOf(service?.labels),
  }));
}

function labelsOf(labels: unknown): Record<string, string> {
  if (Array.isArray(labels)) {
    return Object.fromEntries(
      labels.map((label) => [String(label).split('=')[0], String(label).split('=').slice(1).join('=')]),
    );
  }
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value ?? '')]));
}
