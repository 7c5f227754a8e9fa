import { expect, test } from 'vitest';
import { everyText, formatAbout, formatDuration, formatUntil } from '../../renderer/format/duration.ts';
import { dayKey, fullMoment, nearMoment, nextHour } from '../../renderer/format/moment.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const ZONE = 'Europe/Berlin';
const NOW = Date.parse('2026-11-19T20:41:50Z');

test('a duration has two units at most, and none that is nought', () => {
  const said = [400, 7 * SECOND, 7_290, 108 * SECOND, 52 * MINUTE, 4 * HOUR + 18 * MINUTE, 52 * HOUR].map(
    formatDuration,
  );
  expect(said).toEqual(['0.4 s', '7 s', '7.2 s', '1 m 48 s', '52 m', '4 h 18 m', '2 d 4 h']);
});

test('a prediction is rounded, and never to nothing', () => {
  expect([1_000, 82 * SECOND, 45 * MINUTE + 30 * SECOND].map(formatAbout)).toEqual(['5 s', '1 m 20 s', '46 m']);
});

test('how often is said in the unit that fits', () => {
  const said = [SECOND, 10 * SECOND, MINUTE + 20, 15 * MINUTE, HOUR, 2 * HOUR].map(everyText);
  expect(said).toEqual(['every second', 'every 10 s', 'every minute', 'every 15 min', 'every hour', 'every 2 h']);
});

test('a countdown says seconds under ten minutes, minutes under ten hours, days beyond two', () => {
  const said = [0, 190 * SECOND, 18 * MINUTE + 9_000, 4 * HOUR + 18 * MINUTE, 23 * HOUR + MINUTE, 53 * HOUR].map(
    formatUntil,
  );
  expect(said).toEqual(['now', 'in 3 m 10 s', 'in 18 m', 'in 4 h 18 m', 'in 23 h', 'in 2 d']);
});

test('a moment of today needs no day, one of this week its weekday, another its date', () => {
  const said = [NOW, NOW + 58 * HOUR, NOW + 20 * 24 * HOUR].map((at) => nearMoment(at, NOW, ZONE));
  expect(said).toEqual(['21:41', 'Sun 07:41', '9 Dec 21:41']);
});

test('a moment is told in the zone that is named, whatever the machine is set to', () => {
  expect(fullMoment(NOW, 'Asia/Kolkata')).toBe('Fri 20 Nov 2026, 02:11:50 Asia/Kolkata');
  expect([dayKey(NOW, 'Asia/Kolkata'), dayKey(NOW, ZONE)]).toEqual(['2026-11-20', '2026-11-19']);
});

test('six in the morning is found also where the night has an hour more, or the zone a half one', () => {
  const autumn = Date.parse('2026-10-24T20:00:00Z');
  expect(new Date(nextHour(autumn, 6, ZONE)).toISOString()).toBe('2026-10-25T05:00:00.000Z');
  expect(new Date(nextHour(NOW, 6, 'Asia/Kolkata')).toISOString()).toBe('2026-11-20T00:30:00.000Z');
});
