import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { countReport, run } from '../../scripts/test/part.ts';

test('passed, failed and skipped tests are counted, the skipped by name, and a file that cannot be loaded is one failure', () => {
  const tests = (...statuses: string[]) => statuses.map((status) => ({ status, fullName: `a ${status} one` }));
  const result = countReport({
    testResults: [
      { name: 'a.test.ts', status: 'failed', assertionResults: tests('passed', 'passed', 'failed', 'skipped') },
      { name: 'b.test.ts', status: 'failed', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', assertionResults: tests('todo', 'pending') },
    ],
  });
  expect(result).toEqual({
    passed: 2,
    failed: 2,
    skipped: [
      { file: 'a.test.ts', name: 'a skipped one' },
      { file: 'c.test.ts', name: 'a todo one' },
      { file: 'c.test.ts', name: 'a pending one' },
    ],
  });
});

test('a part that is not done in its time is killed with everything that it started', async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'nightjar-'));
  const pidFile = path.join(folder, 'pid');
  const startedAt = performance.now();
  const code = await run(['sh', '-c', `sleep 300 & echo $! > ${pidFile}; wait`], 2_000);
  expect(code).not.toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  const pid = Number(await fs.readFile(pidFile, 'utf8'));
  // A child without a parent is a zombie until init looks: no process any more either way.
  await expect.poll(() => stateOf(pid)).toMatch(/^(gone|Z)/);
  await fs.rm(folder, { recursive: true });
});

test('a program that does not exist is a failure and not a crash', async () => {
  expect(await run(['no-such-program-of-nightjar'], 5_000)).toBe(127);
});

function stateOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return 'gone';
  }
}
