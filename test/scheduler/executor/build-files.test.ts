import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { baseImagesOf } from '../../../electron/scheduler/executor/base-images.ts';
import { parseDockerIgnore } from '../../../electron/scheduler/executor/dockerignore.ts';
import { TAR_END, tarHeader, tarPadding } from '../../../electron/scheduler/executor/tar.ts';
import type { TarEntry } from '../../../electron/scheduler/executor/tar.ts';

// By the rules of https://docs.docker.com/build/concepts/context/#dockerignore-files.
test.each([
  ['*/temp*', ['somedir/temporary.txt', 'somedir/temp', 'somedir/temp/below'], ['temp', 'a/b/temp']],
  ['*/*/temp*', ['somedir/subdir/temporary.txt'], ['somedir/temp']],
  ['temp?', ['tempa', 'tempb/below'], ['temp', 'a/tempa']],
  ['**/*.go', ['a.go', 'x/y/a.go'], ['a.got', 'go']],
  ['/foo/bar', ['foo/bar', 'foo/bar/below'], ['a/foo/bar', 'foo']],
  ['foo/**', ['foo/a', 'foo/a/b'], ['food']],
  ['foo//./bar/../baz/', ['foo/baz'], ['foo/bar']],
  ['*.md\n!README*.md\nREADME-secret.md', ['a.md', 'README-secret.md'], ['README.md', 'README-x.md']],
  ['*.md\nREADME-secret.md\n!README*.md', ['a.md'], ['README-secret.md']],
  ['*\n!src', ['a', 'b/src'], ['src', 'src/a/b']],
  ['# no pattern\n\n  a.b+c(d)  ', ['a.b+c(d)'], ['axb+c(d)', '# no pattern']],
  ['[a-c]x\n[^a]y\n\\*z', ['bx', 'by', '*z'], ['dx', 'ay', 'az', '/y']],
  ['[unfinished', [], ['[unfinished', 'u']],
])('%j leaves out what Docker leaves out', (text, ignored, kept) => {
  const { isIgnored } = parseDockerIgnore(text);
  expect(ignored.filter((path) => !isIgnored(path))).toEqual([]);
  expect(kept.filter(isIgnored)).toEqual([]);
});

test('the images of a Dockerfile are those that stages begin with, as far as the file says them', () => {
  const text = `# syntax=docker/dockerfile:1
ARG VERSION=3.13
ARG REGISTRY
FROM python:\${VERSION}-slim AS base
ARG VERSION=other
from --platform=linux/arm64 alpine
FROM base AS tests
FROM \${REGISTRY:-ghcr.io}/me/\\
tool
FROM $UNKNOWN/image
FROM scratch
COPY --from=tests / /
`;
  expect(baseImagesOf(text)).toEqual(['python:3.13-slim', 'ghcr.io/me/tool']);
});

test('tar itself reads what is packed: long names, links, folders, letters of every kind', () => {
  const long = `${'folder/'.repeat(20)}a file with ä € 日本.txt`;
  const entries: (TarEntry & { text?: string })[] = [
    { path: 'folder', type: 'folder', size: 0, mode: 0o755, modifiedAt: 1_700_000_000 },
    { path: long, type: 'file', size: 5, mode: 0o640, modifiedAt: 1_700_000_000.5, text: 'hello' },
    { path: 'link', type: 'link', size: 0, mode: 0o777, modifiedAt: 0, target: 'x'.repeat(150) },
    { path: 'run.sh', type: 'file', size: 512, mode: 0o755, modifiedAt: 0, text: 'y'.repeat(512) },
  ];
  const archive = Buffer.concat([
    ...entries.flatMap((entry) => [tarHeader(entry), Buffer.from(entry.text ?? ''), tarPadding(entry.size)]),
    TAR_END,
  ]);
  const listed = execFileSync('tar', ['-tvf', '-', '--quoting-style=literal'], { input: archive, encoding: 'utf8' });
  const lines = listed.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^drwxr-xr-x .* folder\/$/);
  expect(lines[1]).toMatch(new RegExp(`^-rw-r----- \\S+ +5 .* ${long}$`));
  expect(lines[2]).toMatch(/link -> x{150}$/);
  expect(lines[3]).toMatch(/^-rwxr-xr-x \S+ +512 .* run\.sh$/);
});
