import { stripVTControlCharacters } from 'node:util';
import type { Scheduler } from '../scheduler/scheduler.ts';

export interface FailingLine {
  /** From 1, as the window's address counts; within the log it is one less. */
  readonly number: number;
  readonly text: string;
}

/** Characters; what a notification shows is a few lines at most. */
const TEXT_LENGTH = 160;

/** The line to look at after a failure; undefined where the log has none, or is gone. */
export async function failingLineOf(scheduler: Scheduler, run: number): Promise<FailingLine | undefined> {
  const number = await scheduler.logs.firstError(run, {});
  if (number === null) return undefined;
  const { place } = await scheduler.logs.placeOf(run, {}, number);
  const { lines } = await scheduler.logs.slice(run, {}, place, 1);
  const text = stripVTControlCharacters(lines[0]?.text ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .trim();
  return { number: number + 1, text: text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH - 1)}…` : text };
}

/** Where the window shows it: `#/run/12?line=40`. */
export async function failureAddress(scheduler: Scheduler, run: number): Promise<string> {
  const line = await failingLineOf(scheduler, run);
  return `#/run/${run}${line === undefined ? '' : `?line=${line.number}`}`;
}
