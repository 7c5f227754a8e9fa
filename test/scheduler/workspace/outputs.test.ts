import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { handedOnTo } from '../../../electron/scheduler/run/handed-on.ts';
import { makeOutputFile, makeOutputFolder } from '../../../electron/scheduler/workspace/exchange.ts';
import { parseOutputs, readOutputs } from '../../../electron/scheduler/workspace/outputs.ts';

const parsed = (text: string) => parseOutputs(text, false, (value) => value.includes('secret'));

test('a value is the rest of its line as written, and of one name the last line counts', () => {
  expect(parsed('A=1\r\n\n# note\nURL=http://x/?a=b \nQUOTED="as is"\nEMPTY=\nA=2')).toEqual({
    values: { A: '2', URL: 'http://x/?a=b ', QUOTED: '"as is"', EMPTY: '' },
    notes: [],
  });
});

test('what is no output is named by its line and left out, and the rest is taken', () => {
  const { values, notes } = parsed('no\n1A=x\nOK=1\nA-B=x\nNIGHTJAR_RUN=9\nLD_PRELOAD=/x.so\nS=a secret\nN=a\0b\n=x\n');
  expect(values).toEqual({ OK: '1' });
  expect(notes.map((note) => /^output line (\d+) is not taken: ./.exec(note)?.[1])).toEqual([
    '1',
    '2',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
  ]);
});

test('a container may not say what runs on this machine loads, nor who is given its tokens', () => {
  const refused =
    `CI_API_V4_URL GITHUB_API_URL PS4 SHELLOPTS BASHOPTS HOME PYTHONPATH PYTHONSTARTUP PERL5OPT RUBYOPT NODE_PATH
    JAVA_TOOL_OPTIONS GIT_SSH_COMMAND GIT_CONFIG_COUNT DOCKER_HOST`.split(/\s+/);
  const { values, notes } = parsed(refused.map((name) => `${name}=x`).join('\n'));
  expect(values).toEqual({});
  expect(notes).toHaveLength(refused.length);
});

test('names that builds hand on are taken, whatever they begin with', () => {
  const names = ['GIT_SHA', 'GIT_COMMIT', 'DOCKER_TAG', 'NODE_VERSION', 'PYTHON_VERSION', 'HOME_PAGE', 'CI_PROJECT_ID'];
  expect(Object.keys(parsed(names.map((name) => `${name}=x`).join('\n')).values)).toEqual(names);
});

test('there are a hundred names at most, and a known one may still change', () => {
  const text = Array.from({ length: 102 }, (_, index) => `N${index}=${index}`).join('\n');
  const { values, notes } = parsed(`${text}\nN0=changed`);
  expect(Object.keys(values)).toHaveLength(100);
  expect(values['N0']).toBe('changed');
  expect(notes).toEqual([
    'output line 101 is not taken: there are more than 100 names',
    'output line 102 is not taken: there are more than 100 names',
  ]);
});

test('of a file that is too large the whole lines of its beginning count; a link in its place is not followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-outputs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, link] = [join(folder, 'output'), join(folder, 'link')];
  writeFileSync(file, `A=1\nB=${'x'.repeat(70_000)}\nC=3\n`);
  expect(await readOutputs(file, () => false)).toEqual({
    values: { A: '1' },
    notes: ['outputs after the first 64 KiB are not taken; leave large things in NIGHTJAR_ARTIFACTS'],
  });
  symlinkSync(file, link);
  for (const none of [link, folder, join(folder, 'missing')]) {
    expect(await readOutputs(none, () => false)).toEqual({ values: {}, notes: [] });
  }
});

test('a group gets what earlier groups handed on, never what its siblings did; handlers get all', () => {
  const output = (part: 'step' | 'on_failure' | 'always', groupIndex: number, taskIndex: number, name: string) => ({
    taskRunId: 1,
    part,
    groupIndex,
    taskIndex,
    name,
    value: `${part} ${groupIndex}.${taskIndex}`,
  });
  // A retried task's row comes after its siblings'.
  const outputs = [
    output('step', 0, 1, 'A'),
    output('step', 0, 0, 'A'),
    output('step', 1, 0, 'B'),
    output('on_failure', 0, 0, 'A'),
    output('always', 0, 0, 'C'),
  ];
  expect(handedOnTo({ part: 'step', groupIndex: 0 }, outputs)).toEqual({});
  expect(handedOnTo({ part: 'step', groupIndex: 1 }, outputs)).toEqual({ A: 'step 0.1' });
  expect(handedOnTo({ part: 'on_failure', groupIndex: 0 }, outputs)).toEqual({ A: 'step 0.1', B: 'step 1.0' });
  expect(handedOnTo({ part: 'always', groupIndex: 0 }, outputs)).toEqual({ A: 'on_failure 0.0', B: 'step 1.0' });
});

test('a folder for outputs that a crash left half made is made whole, and one that a task has written to stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-exchange-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const exchange = join(folder, '7', '1');
  // As it was when the process was killed: with no file in it, and nobody but us may write there.
  mkdirSync(`${exchange}.new`, { recursive: true, mode: 0o700 });
  const file = makeOutputFolder(exchange);
  expect(file).toBe(join(exchange, 'output'));
  expect([statSync(exchange).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o777, 0o666]);
  writeFileSync(file, 'A=1\n');
  makeOutputFolder(exchange);
  expect(readFileSync(file, 'utf8')).toBe('A=1\n');
  expect(readdirSync(join(folder, '7'))).toEqual(['1']);
});

test('a file for the outputs of a process is for us alone, and one that a task has written to stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-exchange-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'outputs', '7-1');
  expect(makeOutputFile(file)).toBe(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, 'A=1\n');
  makeOutputFile(file);
  expect(readFileSync(file, 'utf8')).toBe('A=1\n');
  // Whatever a task has put there: it is read later, by somebody who does not trust it.
  rmSync(file);
  mkdirSync(file);
  expect(makeOutputFile(file)).toBe(file);
});
