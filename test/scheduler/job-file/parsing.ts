import { NO_HOME_SETTINGS, formatProblem, parseHome, parseJob } from '../../../electron/scheduler/job-file/parse.ts';
import type { HomeSettings, ParsedJob } from '../../../electron/scheduler/job-file/parse.ts';
import type { CheckSchedule } from '../../../electron/scheduler/job-file/check.ts';

/** Stands in for the next stage: two words of schedules are enough here. */
export const checkSchedule: CheckSchedule = (expression) =>
  /^(\S+ ){4,5}\S+$|^@(daily|yearly)$/.test(expression) && !expression.includes('61')
    ? { ok: true }
    : { ok: false, message: `\`${expression}\` is no schedule.` };

const parsing = (text: string, shownAs: string) => ({
  text,
  shownAs,
  file: `/jobs/${shownAs}`,
  userHome: '/home/ada',
  checkSchedule,
});

export function parse(text: string, home: HomeSettings = NO_HOME_SETTINGS, id = 'reports/daily'): ParsedJob {
  return parseJob({ ...parsing(text, 'reports/daily.yml'), id, home });
}

/** The Problems as `line:column: message`. */
export function problemsOf(text: string, home?: HomeSettings, id?: string): string[] {
  return parse(text, home, id).problems.map((problem) => formatProblem(problem).replace('reports/daily.yml:', ''));
}

/** The definition of a text that must be valid without a warning. */
export function definitionOf(text: string, home?: HomeSettings) {
  const { definition, problems } = parse(text, home);
  if (definition === null || problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return definition;
}

export function settingsOf(text: string): HomeSettings {
  const { settings, problems } = parseHome(parsing(text, 'nightjar.yml'));
  if (settings === null) throw new Error(problems.map(formatProblem).join('\n'));
  return settings;
}

export function homeProblemsOf(text: string): string[] {
  return parseHome(parsing(text, 'nightjar.yml')).problems.map(formatProblem);
}
