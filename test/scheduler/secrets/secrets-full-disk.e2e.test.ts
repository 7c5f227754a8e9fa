import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SecretsFile } from '../../../electron/scheduler/secrets/secrets-file.ts';

// A file that may not grow beyond a limit is written as far as that goes, like one on a disk that becomes full: the system takes
// the first part, and refuses only the next.
test.skipIf(process.platform === 'win32')(
  'secrets that do not fit on the disk leave those that were there',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightjar-secrets-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'secrets.json');
    await new SecretsFile(path).change(
      (secrets) => (secrets['A_KEY'] = { store: 'file', setAt: 1, value: 'swordfish' }),
    );
    const before = readFileSync(path, 'utf8');
    const module = new URL('../../../electron/scheduler/secrets/secrets-file.ts', import.meta.url).href;
    const program = `
    const { SecretsFile } = await import(${JSON.stringify(module)});
    const change = new SecretsFile(${JSON.stringify(path)}).change((secrets) => (secrets['B_KEY'] = { store: 'file', setAt: 2, value: 'x'.repeat(40000) }));
    await change.catch((error) => console.log(error.code));`;
    const { stdout, stderr } = spawnSync(
      'sh',
      // The lock is a file too; 32 blocks of 512 bytes (or, with another shell, of 1,024) have room for it.
      ['-c', 'ulimit -f 32; exec "$0" --input-type=module -e "$1"', process.execPath, program],
      { encoding: 'utf8' },
    );
    expect(stdout.trim(), stderr).toBe('secrets-file');
    expect(readFileSync(path, 'utf8')).toBe(before);
  },
);
