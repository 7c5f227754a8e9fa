import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHome, temporaryFolder } from './home-folder.ts';

/** The longest time between two looks at everything; here it is five seconds, unless the machine is very busy. */
const WITHIN_MS = 60_000;

test('what the system tells nobody of is found all the same, again and again', async () => {
  const folder = await temporaryFolder();
  const elsewhere = join(await temporaryFolder(), 'a.yml');
  writeFileSync(elsewhere, 'steps: [{ command: x }]\n');
  // Linux tells who watches a folder of what is done by a name in it. This file is written by another.
  linkSync(elsewhere, join(folder, 'a.yml'));
  const { home, until } = await startHome(folder);
  for (const description of ['first', 'second']) {
    writeFileSync(elsewhere, `description: ${description}\nsteps: [{ command: x }]\n`);
    await until(() => home.get('a').definition?.description === description, WITHIN_MS);
  }
  expect(home.get('a').definition?.description).toBe('second');
});
