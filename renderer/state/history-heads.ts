import { dayAndMonth, dayKey, hourOf, weekday } from '../format/moment.ts';

const DAY = 86_400_000;

export type Head = { key: string; title: string; sub: string };

/** The head that a run of this moment stands below: today, last night (22:00 to 06:00), and the days before. */
export function headOf(at: number, now: number, zone: string): Head {
  const today = dayKey(now, zone);
  const day = dayKey(at, zone);
  const hour = hourOf(at, zone);
  const isLastNight = (day === today && hour < 6) || (day === dayKey(now - DAY, zone) && hour >= 22);
  if (isLastNight) {
    const evening = hour >= 22 ? at : at - DAY;
    const sub = `${dayAndMonth(evening, zone)} 22:00 to ${dayAndMonth(evening + DAY, zone)} 06:00`;
    return { key: 'night', title: 'Last night', sub };
  }
  if (day === today) return { key: day, title: 'Today', sub: dayAndMonth(at, zone) };
  const date = dayAndMonth(at, zone).replace(/^\w+ /, '');
  const year = day.slice(0, 4) === today.slice(0, 4) ? '' : ` ${day.slice(0, 4)}`;
  return { key: day, title: weekday(at, zone), sub: date + year };
}
