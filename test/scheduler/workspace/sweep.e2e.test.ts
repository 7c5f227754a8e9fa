import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const NOBODY = 65_534;

// Only root can leave what is root's, and only for somebody who is not root is that in the way.
test.skipIf(process.getuid?.() !== 0)(
  'what a root in a container left of a dead run is given back and removed',
  async () => {
    const data = mkdtempSync(join(tmpdir(), 'nightjar-sweep-'));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const worktree = join(data, 'worktrees', '12');
    mkdirSync(join(worktree, 'deep'), { recursive: true });
    for (const folder of [data, join(data, 'worktrees'), worktree]) chownSync(folder, NOBODY, NOBODY);
    writeFileSync(join(worktree, 'deep', 'file'), 'of root');

    const child = fork(join(import.meta.dirname, 'sweep-as-nobody.ts'), [data], { uid: NOBODY, gid: NOBODY });
    // What the engine would do: root gives it to whoever runs Nightjar.
    const asked: string[] = [];
    child.on('message', ({ runId, folder }: { runId: number; folder: string }) => {
      asked.push(folder);
      for (const path of ['deep', 'deep/file']) chownSync(join(folder, path), NOBODY, NOBODY);
      child.send({ isGiven: runId === 12 });
    });
    await once(child, 'exit');
    // Its own name was free before anything was gone: a retry that begins meanwhile takes nothing half removed for its workspace.
    expect(asked).toEqual([`${worktree}.gone`]);
    expect(readdirSync(join(data, 'worktrees'))).toEqual([]);
  },
);
