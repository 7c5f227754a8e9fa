import { Failure } from '../failure.ts';
import { didYouMean } from './closest.ts';
import type { JobDefinition, ParamDefinition } from './definition.ts';

/** What is wrong with a value of a param, as the end of a sentence that begins with its name; null: nothing. */
export function mistakeIn(value: string, { type, choices }: Pick<ParamDefinition, 'type' | 'choices'>): string | null {
  switch (type) {
    case 'string':
      return value.includes('\0') ? 'must not contain a NUL character' : null;
    case 'number':
      if (value.trim() !== '' && Number.isFinite(Number(value))) return null;
      return `must be a number; found \`${value}\``;
    case 'boolean':
      return value === 'true' || value === 'false' ? null : `must be true or false; found \`${value}\``;
    case 'choice':
      if (choices.length === 0 || choices.includes(value)) return null;
      return `must be one of ${choices.join(', ')}; found \`${value}\`${didYouMean(value, choices)}`;
    default:
      return type satisfies never;
  }
}

type WithParams = Pick<JobDefinition, 'id' | 'params'>;

/** What a run takes that nobody is asked about: each param that has a default. */
export function defaultParams({ params }: Pick<JobDefinition, 'params'>): Record<string, string> {
  // Nearly all have none, and ten thousand may be due at once.
  if (Object.keys(params).length === 0) return {};
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, param]) => (param.default === null ? [] : [[name, param.default] as const])),
  );
}

/**
 * The params of a run that somebody starts: what was given, in the spelling of its type, and the defaults of the rest.
 *
 * @throws Failure `bad-params` that names every mistake: names the job has not, values that do not fit, values that lack.
 */
export function checkParams(definition: WithParams, given: Readonly<Record<string, string>>): Record<string, string> {
  const { id, params } = definition;
  const names = Object.keys(params);
  const mistakes: string[] = [];
  const values = new Map(Object.entries(defaultParams(definition)));
  for (const [name, text] of Object.entries(given)) {
    const param = Object.hasOwn(params, name) ? params[name] : undefined;
    if (param === undefined) {
      mistakes.push(`it has no param \`${name}\`${didYouMean(name, names)}`);
      continue;
    }
    const value = spelled(text, param);
    const mistake = mistakeIn(value, param);
    if (mistake === null) values.set(name, value);
    else mistakes.push(`\`${name}\` ${mistake}`);
  }
  for (const [name, param] of Object.entries(params)) {
    if (param.default !== null || Object.hasOwn(given, name)) continue;
    mistakes.push(`\`${name}\` has no default and needs a value`);
  }
  if (mistakes.length === 0) return Object.fromEntries(values);
  throw new Failure('bad-params', `${id} cannot run so: ${mistakes.map(withinSentence).join('; ')}.`);
}

/** What to offer next time of what a person gave, by name; null: the default, which needs no remembering. */
export function toRemember(
  { params }: Pick<JobDefinition, 'params'>,
  given: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Record<string, string | null> {
  return Object.fromEntries(
    Object.keys(given).map((name) => [name, values[name] === params[name]?.default ? null : (values[name] ?? null)]),
  );
}

/** Those of remembered values that still are what the job asks for. */
export function stillFitting(
  { params }: Pick<JobDefinition, 'params'>,
  remembered: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(remembered).filter(([name, value]) => {
      const param = Object.hasOwn(params, name) ? params[name] : undefined;
      return param !== undefined && mistakeIn(value, param) === null;
    }),
  );
}

/** People type `True` and blanks around a number; what a task gets is one spelling. */
function spelled(text: string, { type }: ParamDefinition): string {
  if (type === 'number') return text.trim();
  return type === 'boolean' ? text.trim().toLowerCase() : text;
}

function withinSentence(mistake: string): string {
  return mistake.replace(/; (did you mean .*\?)$/, ' ($1)');
}
