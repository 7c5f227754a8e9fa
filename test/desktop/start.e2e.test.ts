import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const START = path.join(import.meta.dirname, '..', '..', 'electron', 'start.ts');

test.skipIf(process.platform === 'win32')(
  'npm start where there can be no desktop says why in one sentence, and gives the application to a browser',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-start-'));
    const args = [
      START,
      '--headless',
      '--hidden',
      '--home',
      path.join(folder, 'jobs'),
      '--data',
      path.join(folder, 'data'),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 45_000 });
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('#token=')) child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toBe(
      'Nightjar runs without its desktop window, because --headless was asked for. Open the address below in a browser.\n',
    );
    expect(stdout).toMatch(/open http:\/\/127\.0\.0\.1:\d+\/#token=/);
    expect(code).toBe(0);
  },
);
