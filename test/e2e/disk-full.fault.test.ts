import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Served } from '../support/served.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

// A disk of 80 MiB of our own: the only honest way to fill one. It takes root to mount it.
test.skipIf(!canMount)(
  'a full disk fails what runs, keeps every state, stops dispatching, and goes on when there is room',
  { timeout: 120_000 },
  async () => {
    const served = await Served.make({
      'loud.yml':
        "steps: [{ name: one, command: 'yes 0123456789012345678901234567890123456789012345678901234567890123456789' }]\n" +
        'on_failure: [{ name: tell, command: \'echo "$NIGHTJAR_OUTCOME: $NIGHTJAR_REASON" | tee told\' }]\n',
      'quiet.yml': "steps: [{ name: one, command: 'echo fine' }]\n",
    });
    execFileSync('mkdir', ['-p', served.data]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m,mode=0700', 'tmpfs', served.data]);
    onTestFinished(() => void execFileSync('umount', ['-l', served.data]));

    const { child, finished } = await served.serve();
    const call = <T>(use: Parameters<typeof served.call<T>>[0]): Promise<T> => served.call(use);
    await call((client) => client.call('queue.next', { job: 'loud' }));
    await vi.waitFor(
      async () => {
        const run = await call((client) => client.call('runs.get', { run: 'loud#1' }));
        expect(run).toMatchObject({ state: 'failed', reason: expect.stringMatching(/^disk full/) });
        expect(run.tasks.map(({ name, state }) => `${name} ${state}`)).toEqual(['one failed', 'tell succeeded']);
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(readFileSync(join(served.folder, 'jobs', 'told'), 'utf8')).toMatch(/^failed: disk full/);
    await call((client) => client.call('queue.next', { job: 'quiet' }));
    // Something else takes the room that the reserve gave back, so the disk stays full.
    fill(join(served.data, 'other'));
    const { waiting } = await call((client) => client.call('queue.get', {}));
    expect(waiting).toMatchObject([{ job: 'quiet', cause: 'disk-full', reason: 'The disk is full.' }]);
    expect(await call((client) => client.call('status', {}))).toMatchObject({
      dispatchStopped: expect.stringContaining('disk is full'),
    });

    rmSync(join(served.data, 'other'));
    rmSync(join(served.data, 'logs', '0', '1', 'run.log'));
    await vi.waitFor(
      async () => {
        const run = await call((client) => client.call('runs.get', { run: 'quiet#1' }));
        expect(run.state).toBe('succeeded');
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(statSync(join(served.data, 'reserve')).size).toBe(8 * 1024 * 1024);
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
  },
);

function fill(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(40 * 1024 * 1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
