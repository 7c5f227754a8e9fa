import { writeDuration } from './duration.ts';
import type { Conditions, Machine } from './machine.ts';

/**
 * What of a job's `when` does not hold now: "for power and until nobody has used the machine for 5m"; null where all of it does.
 * What the machine cannot tell holds (product.md, Windows and conditions); `untellable` says which that is.
 */
export function unmetConditions({ power, idleMs, online }: Conditions, machine: Machine): string | null {
  const unmet: string[] = [];
  if (power === 'ac' && machine.power() === 'battery') unmet.push('for power');
  if (online === true && machine.isOnline() === false) unmet.push('for a network');
  if (idleMs !== null && (machine.idleMs() ?? Infinity) < idleMs) unmet.push(untilIdle(idleMs));
  return unmet.length === 0 ? null : unmet.join(' and ');
}

const untilIdle = (ms: number) => `until nobody has used the machine for ${writeDuration(ms)}`;

/** The machine as it is now: each question is asked once, however many runs wait for its answer. */
export function seenOnce(machine: Machine): Machine {
  const once = <T>(ask: () => T): (() => T) => {
    let answer: { readonly is: T } | undefined;
    return () => (answer ??= { is: ask() }).is;
  };
  return {
    power: once(() => machine.power()),
    idleMs: once(() => machine.idleMs()),
    isOnline: once(() => machine.isOnline()),
    keepAwake: machine.keepAwake,
  };
}

/** The keys of a `when`, and `keep_awake`, that this machine can do nothing about. */
export function untellable(
  { when, keepAwake }: { readonly when: Conditions; readonly keepAwake: boolean },
  machine: Machine,
): string[] {
  return [
    ...(when.power !== null && machine.power() === null ? ['when.power'] : []),
    ...(when.idleMs !== null && machine.idleMs() === null ? ['when.idle'] : []),
    ...(when.online === true && machine.isOnline() === null ? ['when.online'] : []),
    ...(keepAwake && machine.keepAwake === null ? ['keep_awake'] : []),
  ];
}

/** `jitter`, `not_between` and `when` in words, for whoever reads when a job starts. */
export function describeStartRules(job: {
  readonly when: Conditions;
  readonly jitterMs: number;
  readonly notBetween: readonly string[];
}): string[] {
  const { when, jitterMs, notBetween } = job;
  return [
    ...(jitterMs > 0 ? [`up to ${writeDuration(jitterMs)} later`] : []),
    ...notBetween.map((hours) => `not ${hours.replace('-', ' to ')}`),
    ...(when.power === null ? [] : ['on mains power']),
    ...(when.online === true ? ['while online'] : []),
    ...(when.idleMs === null ? [] : [`after ${writeDuration(when.idleMs)} without anybody at the machine`]),
  ];
}
