import { explainSchedule, NICKNAMES } from './explain.ts';
import { countWall, lastWall, nextWall, parsePattern, type Pattern } from './pattern.ts';
import type { Stretch, Zone } from './zone.ts';
import { isTimezone, zoneOf } from './zones.ts';

/**
 * When a schedule is due: a pure function of its text, its zone and a moment.
 *
 * Cron speaks of wall clocks, and twice a year a wall clock lies. A schedule that names hours keeps its promise once a day all
 * the same: a time in the gap fires at that time plus the gap (02:30 → 03:30), where it may coincide with another and is then
 * one; a repeated time fires at its first pass only. Both are one sentence: such a time is read with the offset from before
 * the change. A schedule for every hour (`*`, and what says the same: `*` + `/1`, `?`, `0-23`) means elapsed time, and fires
 * whenever the clock shows it: nothing for the gap, and in both passes.
 */
export interface Schedule {
  /** As written, trimmed. */
  readonly expression: string;
  /** IANA name; null: the machine's, asked anew at each look. */
  readonly timezone: string | null;
  readonly pattern: Pattern;
  /** What was asked last of it: thousands of jobs share one, and a look asks for each of them. */
  readonly answers: Answer[];
}

interface Answer {
  readonly zone: Zone;
  readonly after: number;
  readonly due: number | null;
}

export type ParsedSchedule = { ok: true; schedule: Schedule } | { ok: false; message: string };

// Nothing of ours was due before.
const EARLIEST = Date.UTC(1970, 0, 2);
// Enough for 10,000 jobs with two schedules each; an editor that checks at every key press must not fill the memory.
const CACHE_LIMIT = 20_000;
const cache = new Map<string, ParsedSchedule>();

/**
 * Reads five or six fields (seconds first) or one of NICKNAMES. The message is a sentence that says what is wrong and what to
 * write instead. Parsing the same text again costs a look-up.
 */
export function parseSchedule(expression: string, timezone: string | null): ParsedSchedule {
  const key = `${timezone ?? ''} ${expression}`;
  let parsed = cache.get(key);
  if (parsed === undefined) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(key, (parsed = parse(expression.trim(), timezone)));
  }
  return parsed;
}

function parse(expression: string, timezone: string | null): ParsedSchedule {
  if (timezone !== null && !isTimezone(timezone)) {
    return {
      ok: false,
      message: `\`${timezone}\` is no time zone; write an IANA name as \`Europe/Berlin\` or \`UTC\`, or leave \`timezone\` out for the machine's.`,
    };
  }
  const message = explainSchedule(expression);
  if (message !== null) return { ok: false, message };
  const pattern = parsePattern(NICKNAMES.get(expression.toLowerCase()) ?? expression);
  return { ok: true, schedule: { expression, timezone, pattern, answers: [] } };
}

/** A look asks what is due since the last one, up to now, and next. */
const ANSWERS = 3;

/**
 * The first due moment strictly after a moment (epoch ms).
 *
 * @param here the machine's zone, where it was asked for just now: that costs more than the rest where thousands of schedules are asked
 */
export function nextDue(schedule: Schedule, after: number, here?: Zone): number | null {
  const zone = schedule.timezone === null && here !== undefined ? here : zoneOf(schedule.timezone);
  const { answers } = schedule;
  for (const answer of answers) if (answer.after === after && answer.zone === zone) return answer.due;
  const due = firstDue(schedule, zone, after);
  answers.unshift({ zone, after, due });
  answers.length = Math.min(answers.length, ANSWERS);
  return due;
}

function firstDue({ pattern }: Schedule, zone: Zone, after: number): number | null {
  let from = Math.max(Math.floor(after) + 1, EARLIEST);
  for (;;) {
    const stretch = zone.stretchAt(from);
    const { offset, offsetBefore } = stretch;
    const wall = nextWall(pattern, Math.max(from + offset, ownWall(pattern, stretch)) - 1);
    if (wall === null) return null;
    let due = wall - offset;
    if (from < gapEnd(pattern, stretch)) {
      const inGap = nextWall(pattern, from + offsetBefore - 1);
      if (inGap !== null && inGap < stretch.from + offset) due = Math.min(due, inGap - offsetBefore);
    }
    if (due < stretch.to) return due;
    from = stretch.to;
  }
}

/** The last due moment at or before a moment (epoch ms); null when there was none since 1970. */
export function lastDue(schedule: Schedule, before: number): number | null {
  const { pattern } = schedule;
  const zone = zoneOf(schedule.timezone);
  for (let until = Math.floor(before); until >= EARLIEST;) {
    const stretch = zone.stretchAt(until);
    const { offset, offsetBefore } = stretch;
    const wall = lastWall(pattern, until + offset);
    if (wall === null) return null;
    let due = wall >= ownWall(pattern, stretch) ? wall - offset : -Infinity;
    if (gapEnd(pattern, stretch) > stretch.from) {
      const inGap = lastWall(pattern, Math.min(until + offsetBefore, stretch.from + offset - 1));
      if (inGap !== null && inGap >= stretch.from + offsetBefore) due = Math.max(due, inGap - offsetBefore);
    }
    if (due >= EARLIEST) return due;
    until = stretch.from - 1;
  }
  return null;
}

/** Due moments after `afterExclusive` up to and with `toInclusive`, in order, the first `limit` of them. */
export function dueBetween(schedule: Schedule, afterExclusive: number, toInclusive: number, limit: number): number[] {
  const moments: number[] = [];
  for (let at = nextDue(schedule, afterExclusive); moments.length < limit; at = nextDue(schedule, at)) {
    if (at === null || at > toInclusive) break;
    moments.push(at);
  }
  return moments;
}

/** How many `dueBetween` would give without a limit; does not walk them, so a year of seconds costs about a millisecond. */
export function countDue(schedule: Schedule, afterExclusive: number, toInclusive: number): number {
  const { pattern } = schedule;
  const zone = zoneOf(schedule.timezone);
  let count = 0;
  for (let from = Math.max(Math.floor(afterExclusive) + 1, EARLIEST); from <= toInclusive;) {
    const stretch = zone.stretchAt(from);
    const until = Math.min(Math.floor(toInclusive), stretch.to - 1);
    // Just after a gap moments may coincide, so there they are walked.
    const plainFrom = Math.max(from, gapEnd(pattern, stretch));
    count += dueBetween(schedule, from - 1, Math.min(until, plainFrom - 1), Infinity).length;
    count += countWall(
      pattern,
      Math.max(plainFrom + stretch.offset, ownWall(pattern, stretch)),
      until + stretch.offset,
    );
    from = stretch.to;
  }
  return count;
}

const namesHours = (pattern: Pattern) => pattern.hours.length < 24;

/** The first wall clock reading that is a stretch's own: where hours are named, a second pass is not. */
function ownWall(pattern: Pattern, { from, offset, offsetBefore }: Stretch): number {
  return from + (namesHours(pattern) ? Math.max(offset, offsetBefore) : offset);
}

/** The end of the time, from the stretch's first moment, in which what lay in a gap is made up for. */
function gapEnd(pattern: Pattern, { from, offset, offsetBefore }: Stretch): number {
  return namesHours(pattern) ? from + Math.max(0, offset - offsetBefore) : from;
}
