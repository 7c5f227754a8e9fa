import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesOf, readComposeJobs, readCrontabJobs, writeFiles } from '../../electron/cli/import-here.ts';

const before = process.env['PATH'];
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'nightjar-'))));
afterEach(() => {
  process.env['PATH'] = before;
  rmSync(folder, { recursive: true });
});

/** The only program that is found from here on. */
function crontabIs(script: string): void {
  writeFileSync(join(folder, 'crontab'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'crontab'), 0o755);
  process.env['PATH'] = folder;
}
const refusal = (said: string) => ({
  code: 'not-readable',
  message: `Your crontab cannot be read: ${said}. Name a file, or \`-\` for standard input.`,
});

test('your own crontab becomes files, once: a file that is there is never replaced', async () => {
  crontabIs('echo "*/5 * * * * /usr/bin/backup"');
  const to = join(folder, 'jobs');
  const { files } = await filesOf(await readCrontabJobs(undefined, false), to);
  await writeFiles(files);
  expect(readFileSync(join(to, 'backup.yml'), 'utf8')).toContain('command: /usr/bin/backup');
  await expect(writeFiles(files)).rejects.toMatchObject({ code: 'not-saved' });
  expect((await filesOf(await readCrontabJobs(undefined, false), to)).notes).toMatchObject([
    { text: `${join(to, 'backup.yml')} exists already and stays as it is.`, isLost: true },
  ]);
});

test('what cannot be read is named with the reason, as a whole sentence', async () => {
  process.env['PATH'] = folder;
  await expect(readCrontabJobs(undefined, false)).rejects.toMatchObject(
    refusal('there is no program `crontab` in the PATH'),
  );
  crontabIs('echo "no crontab for you." >&2; exit 1');
  await expect(readCrontabJobs(undefined, false)).rejects.toMatchObject(refusal('no crontab for you'));
  const gone = join(folder, 'gone.yml');
  await expect(readComposeJobs(gone)).rejects.toMatchObject({ message: `${gone} cannot be read: it does not exist.` });
});
