import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const documents = ['README.md', 'CHANGELOG.md', 'docs/job-file.md'];
const text = (file: string) => readFile(path.join(root, file), 'utf8');

describe.each(documents)('%s', (document) => {
  test('every link leads to something that is there', async () => {
    const links = [...(await text(document)).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    // The pictures come out of the browser tests, and are committed after them.
    const isOurs = (link: string) => !/^[a-z]+:|^docs\/screenshots\//.test(link);
    const folder = path.dirname(path.join(root, document));
    expect(links.filter((link) => isOurs(link) && !existsSync(path.join(folder, link)))).toEqual([]);
  });
});

test('the README names every room of the scheduler', async () => {
  const entries = await readdir(path.join(root, 'electron/scheduler'), { withFileTypes: true });
  const readme = await text('README.md');
  const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(rooms.filter((room) => !readme.includes(`](electron/scheduler/${room})`))).toEqual([]);
});

test('the README names every command', async () => {
  const readme = await text('README.md');
  const files = (await readdir(path.join(root, 'electron/cli'))).filter(
    (name) => name.endsWith('-command.ts') || name.endsWith('-commands.ts'),
  );
  const sources = await Promise.all(files.map((name) => text(`electron/cli/${name}`)));
  const commands = sources.flatMap((source) => [...source.matchAll(/\.command\('([a-z]+)'/g)].map((match) => match[1]));
  expect(commands.length).toBeGreaterThan(10);
  // Some are commands of a command: `secret delete`.
  expect(commands.filter((command) => !new RegExp(`^\\|.*\`([a-z]+ )?${command}[ \`]`, 'm').test(readme))).toEqual([]);
});
