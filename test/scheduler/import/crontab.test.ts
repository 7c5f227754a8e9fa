import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOfCommand } from '../../../electron/scheduler/import/command-name.ts';
import { importCrontab, type CrontabImport } from '../../../electron/scheduler/import/crontab.ts';
import { writeJob } from '../../../electron/scheduler/import/write-job.ts';
import { NO_HOME_SETTINGS, parseJob } from '../../../electron/scheduler/job-file/parse.ts';
import { parseSchedule } from '../../../electron/scheduler/trigger/cron.ts';
import { anyCharacter } from '../../support/any-character.ts';

function imported(text: string, over: Partial<CrontabImport> = {}) {
  return importCrontab({
    text,
    shownAs: 'crontab',
    hasUsers: false,
    account: 'ada',
    userHome: '/home/ada',
    checkSchedule: (expression) => {
      const parsed = parseSchedule(expression, null);
      return parsed.ok ? null : parsed.message;
    },
    ...over,
  });
}

const jobOf = (text: string) => imported(text).jobs[0]!.job;
const commandOf = (line: string) => (jobOf(`0 2 * * * ${line}`)['steps'] as { command: unknown }[])[0]!.command;
const notesOf = (text: string, over: Partial<CrontabImport> = {}) =>
  imported(text, over).notes.map(({ where, text: said }) => `${where}: ${said}`);

test('an entry becomes a job with its schedule, its command and the variables above it', () => {
  const text =
    'PATH="/usr/local/bin:/bin"\nCRON_TZ=Europe/Berlin\nRANDOM_DELAY=5\n# Nightly backup\n0 2 * * * backup.sh --full\n';
  expect(imported(text)).toEqual({
    notes: [],
    jobs: [
      {
        name: 'nightly-backup',
        from: 'crontab:5',
        job: {
          description: 'Nightly backup',
          scheduler: '0 2 * * *',
          timezone: 'Europe/Berlin',
          jitter: '5m',
          variables: { PATH: '/usr/local/bin:/bin' },
          steps: [{ name: 'run', command: 'backup.sh --full', workdir: '/home/ada' }],
        },
      },
    ],
  });
});

test('variables hold for what is below them, and HOME is where commands begin', () => {
  const { jobs } = imported('0 1 * * * one\nA=1\nHOME=/srv\n0 2 * * * two\n');
  expect(jobs.map(({ job }) => [job['variables'], (job['steps'] as { workdir: string }[])[0]!.workdir])).toEqual([
    [undefined, '/home/ada'],
    [{ A: '1', HOME: '/srv' }, '/srv'],
  ]);
});

test('names, ranges, words and the dash before the minute are carried over', () => {
  for (const [written, scheduler] of [
    ['*/5 9-17 * jan-mar mon-fri', '*/5 9-17 * jan-mar mon-fri'],
    ['0 0 * * 7', '0 0 * * 7'],
    ['@daily', '@daily'],
    ['@midnight', '@midnight'],
    ['@annually', '@annually'],
    ['-0  2\t* * *', '0 2 * * *'],
  ]) {
    expect(jobOf(`${written} true`)['scheduler']).toBe(scheduler);
  }
});

test('what has no counterpart is told by line, and so is what is different', () => {
  const text = [
    'MAILTO=ada@example.org',
    '@reboot start-me',
    '0 0 */2 * 1 odd',
    'nonsense',
    '61 * * * * late',
    'DB_PASSWORD=hunter2',
    'a-b=1',
    'SHELL=',
    'HOME=',
    '0 2 * * * fine',
  ].join('\n');
  expect(
    imported(text)
      .notes.filter(({ isLost }) => isLost)
      .map(({ where }) => where),
  ).toEqual(['crontab:2', 'crontab:3', 'crontab:4', 'crontab:5']);
  expect(notesOf(text)).toEqual([
    'crontab:1: MAILTO has no counterpart: failures are told in the window and as notifications.',
    'crontab:2: @reboot has no counterpart: nothing runs because the machine starts.',
    expect.stringContaining('crontab:3: `0 0 */2 * 1` runs on days that fit both'),
    'crontab:4: `nonsense` is no line that cron understands.',
    expect.stringMatching(/^crontab:5: `61 \* \* \* \*` cannot be carried over: `61` does not fit as minute/),
    expect.stringContaining('crontab:6: DB_PASSWORD looks like a secret'),
    'crontab:7: `a-b` cannot be the name of a variable here and is left out.',
    'crontab:8: SHELL is empty, with which cron runs nothing: it is left out here.',
    'crontab:9: HOME is empty, with which cron runs nothing: it is left out here.',
  ]);
});

test('a command that stops at its first error here and not in cron keeps its own shell', () => {
  expect(commandOf('backup.sh && tell.sh 2>&1 | logger')).toBe('backup.sh && tell.sh 2>&1 | logger');
  expect(commandOf('one; two')).toEqual(['/bin/sh', '-c', 'one; two']);
  expect(commandOf('one & two')).toEqual(['/bin/sh', '-c', 'one & two']);
  expect(jobOf('SHELL=/bin/bash\n0 2 * * * one')['steps']).toMatchObject([{ command: ['/bin/bash', '-c', 'one'] }]);
});

test('what follows a percent sign is the input of the command', () => {
  expect(commandOf(String.raw`mail -s "100\% done" ada%Dear Ada,%END%`)).toEqual([
    '/bin/sh',
    '-c',
    `{\nmail -s "100% done" ada\n} <<'END_OF_INPUT'\nDear Ada,\nEND\n\nEND_OF_INPUT`,
  ]);
});

test("the system's crontab has a user in each line, and another one than here is told", () => {
  const over = { hasUsers: true };
  expect(imported('17 * * * * ada run-parts /etc/cron.hourly', over).jobs[0]!.job['steps']).toMatchObject([
    { command: 'run-parts /etc/cron.hourly' },
  ]);
  expect(notesOf('@daily root clean\n', over)).toEqual(['crontab:1: it runs as root there, and as ada here.']);
});

test.each([
  ['/usr/local/bin/backup.sh --full >/dev/null 2>&1', 'backup'],
  ['cd /srv/app && sudo -u www python3 load_orders.py --all', 'load_orders'],
  ['[ -x /usr/bin/certbot ] && certbot -q renew', 'certbot renew'],
  ['docker system prune -f', 'docker system'],
  ['A=1 nice -n 19 /opt/x/tidy', 'tidy'],
])('a job is named by what its command is about: %s', (command, name) => {
  expect(nameOfCommand(command)).toBe(name);
});

test('a comment names the job only where it is about it', () => {
  const names = (text: string) => imported(text).jobs.map(({ name }) => name);
  expect(names('# m h  dom mon dow   command\n0 1 * * * tidy\n')).toEqual(['tidy']);
  expect(names('# 0 1 * * * old-one\n0 1 * * * tidy\n')).toEqual(['tidy']);
  expect(names('# about nothing here\n\n0 1 * * * tidy\n')).toEqual(['tidy']);
  expect(names('0 1 * * * tidy\n0 2 * * * tidy\n# nightjar\n0 3 * * * x\n')).toEqual(['tidy', 'tidy-2', 'job']);
});

test('every job that an import writes is read without an error, and means what the line said', () => {
  const field = fc.constantFrom('*', '0', '*/5', '1-3', '1,2', '5/2', '61', 'mon', 'jan', '?', '~');
  const line = fc.oneof(
    fc
      .tuple(fc.tuple(field, field, field, field, field), fc.string({ unit: 'grapheme' }))
      .map(([fields, command]) => `${fields.join(' ')} ${command}`),
    fc
      .tuple(fc.constantFrom('@daily', '@reboot', '@every 5m', '0 0 * * *'), fc.string())
      .map((parts) => parts.join(' ')),
    fc
      .tuple(
        fc.constantFrom('PATH', 'X_1', 'yes', 'null', 'a-b', 'SHELL', 'HOME', 'CRON_TZ', 'RANDOM_DELAY', '__proto__'),
        fc.string(),
      )
      .map((parts) => parts.join('=')),
    fc.string().map((text) => `# ${text}`),
    fc.string({ unit: anyCharacter }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      for (const each of imported(lines.join('\n')).jobs) {
        const parsing = { text: writeJob(each), file: `/jobs/${each.name}.yml`, shownAs: each.name };
        const { definition, problems } = parseJob({
          ...parsing,
          id: each.name,
          home: NO_HOME_SETTINGS,
          userHome: '/home/ada',
          checkSchedule: () => ({ ok: true }) as never,
        });
        // What a person must mend: a time zone that is none, which the import itself refuses to write.
        const mistakes = problems.filter(
          ({ severity, message }) => severity === 'error' && !/timezone|time zone/.test(message),
        );
        expect(mistakes).toEqual([]);
        const step = (each.job['steps'] as { command: unknown }[])[0]!;
        expect(definition === null ? step.command : definition.steps[0]!.tasks[0]!.command).toEqual(step.command);
      }
    }),
    { numRuns: 40 },
  );
});
