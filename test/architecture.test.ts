import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { violationOf } from './support/import-rules.ts';
import { cyclesOf, importsOf, parse, projectFiles, read } from './support/source-files.ts';

const files = projectFiles();
const sources = files.filter((file) => /^(electron|renderer|scripts|test|bin)\/.*\.(ts|svelte|js|mjs|cjs)$/.test(file));
const parsed = sources.map(parse);
const imports = parsed.flatMap(importsOf);
const isCode = (file: string) => /^(electron|renderer)\//.test(file);

describe('who may import whom', () => {
  test('every import keeps the rules of the house', () => {
    expect(imports.map(violationOf).filter((violation) => violation !== undefined)).toEqual([]);
  });

  test.each([
    ['electron/scheduler/queue/job-queue.ts', 'electron', false],
    ['electron/scheduler/scheduler.ts', 'ws', false],
    ['electron/scheduler/scheduler.ts', 'node:http', false],
    ['electron/scheduler/scheduler.ts', 'electron/host/handlers.ts', true],
    ['electron/scheduler/scheduler.ts', 'electron/api/api.ts', false],
    ['electron/scheduler/queue/job-queue.ts', 'electron/scheduler/run/task-group.ts', false],
    ['electron/scheduler/run/task.ts', 'electron/scheduler/executor/docker.ts', true],
    ['electron/scheduler/run/task.ts', 'electron/scheduler/queue/job-queue.ts', true],
    ['electron/scheduler/run/task.ts', 'electron/scheduler/store/run-store.ts', false],
    ['electron/scheduler/failure.ts', 'electron/scheduler/scheduler.ts', false],
    ['electron/api/rpc.ts', 'electron/scheduler/failure.ts', false],
    ['electron/host/handlers.ts', 'electron/desktop/tray.ts', false],
    ['renderer/main.ts', 'electron/scheduler/clock.ts', true],
    ['renderer/main.ts', 'node:fs', false],
    ['electron/main.ts', 'test/support/fake-clock.ts', false],
  ])('the rules do not let %s import %s', (from, to, isTypeOnly) => {
    expect(violationOf({ from, to, isTypeOnly })).toBe(`${from} imports ${to}`);
  });

  test('no start loads undici with http', () => {
    const isHttp = ({ from, to, isTypeOnly }: (typeof imports)[number]) =>
      isCode(from) && /^(node:)?http$/.test(to) && !isTypeOnly;
    expect(imports.filter(isHttp)).toEqual([]);
  });

  test('no files need each other in a circle', () => {
    expect(cyclesOf(imports.filter(({ from }) => isCode(from)))).toEqual([]);
  });

  test('a circle is found, and named once', () => {
    const edge = (from: string, to: string) => ({ from, to, isTypeOnly: false });
    expect(cyclesOf([edge('c', 'b'), edge('b', 'd'), edge('d', 'b'), edge('a', 'c')])).toEqual(['b → d → b']);
    expect(cyclesOf([edge('a', 'b'), { ...edge('b', 'a'), isTypeOnly: true }])).toEqual([]);
  });
});

describe('how the house looks', () => {
  test('no file only hands on what is in others', () => {
    const isBarrel = ({ statements }: ts.SourceFile) =>
      statements.length > 0 &&
      statements.every((statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined);
    expect(parsed.filter(isBarrel).map(({ fileName }) => fileName)).toEqual([]);
  });

  test('no folder or file is named after nothing', () => {
    const isVague = (file: string) =>
      file.split('/').some((part) => /^(utils?|helpers?|common|misc|shared)(\.|$)/.test(part));
    expect(files.filter(isVague)).toEqual([]);
  });

  test('files are kebab-case, components PascalCase', () => {
    const isWellNamed = (file: string) => {
      const name = path.basename(file);
      if (name.endsWith('.svelte')) return /^[A-Z][A-Za-z]*\.svelte$/.test(name);
      return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name);
    };
    expect(sources.filter((file) => !isWellNamed(file))).toEqual([]);
  });

  test('a file of more than 300 lines says why in its first comment', () => {
    const isTooLong = (file: string) => {
      const text = read(file);
      const firstComment = /\/\*\*?[\s\S]*?\*\/|(?:^\/\/.*\n)+|<!--[\s\S]*?-->/m.exec(text)?.[0] ?? '';
      return text.split('\n').length > 301 && !/longer than 300 lines because/i.test(firstComment);
    };
    expect(sources.filter(isTooLong)).toEqual([]);
  });
});

describe('what must not be in the repository', () => {
  test('the lock file names no registry, and neither does the configuration of npm', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
    expect(read('.npmrc')).not.toMatch(/registry *=/);
  });

  test('the lock file keeps npm from compiling SQLite, whose binary is in its package', () => {
    // npm writes the lock file without this, and then `npm ci` of npm 10 wants a compiler. Put it back after an update:
    // `"gypfile": false` in the entry of better-sqlite3.
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, unknown> };
    expect(packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false });
  });

  test('no file names a place of the machine that it was written on', () => {
    // /root, /app and /workspace are there in every container, so a place at the top says nothing of a machine.
    const places = [os.homedir(), process.cwd()]
      .filter((place) => place.split(path.sep).length > 2)
      .map((place) => `${place}/`);
    const isText = (file: string) => /\.(ts|js|mjs|svelte|json|ya?ml|md|sh|html|css)$|(^|\/)\.?\w+$/.test(file);
    const named = files.filter(isText).filter((file) => places.some((place) => read(file).includes(place)));
    expect(named).toEqual([]);
  });
});
