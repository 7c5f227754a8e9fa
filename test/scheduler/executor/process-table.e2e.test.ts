import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { processTable } from '../../../electron/scheduler/executor/process-table.ts';

/** Between its start and its end a program executes another one twice; each time it has no environment for a moment. */
const EXECUTES = 'setsid sleep 5 >/dev/null 2>&1 </dev/null & echo $!';
const ROUNDS = 200;
/** Most of the rounds meet such a moment within so many. */
const LOOKS = 40;

// Elsewhere than on Linux the system's own tools tell.
test.runIf(process.platform === 'linux')(
  'a process that is executing a program is known by its environment',
  async () => {
    const missed: number[] = [];
    let seen = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = spawn('/bin/sh', ['-c', EXECUTES], { env: { ...process.env, NIGHTJAR_MARK: 'ours' } });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const pid = Number(said.toString());
      for (let looks = 0; looks < LOOKS; looks += 1) {
        if (readFileSync(`/proc/${pid}/environ`).length > 0) continue;
        seen += 1;
        break;
      }
      const row = { pid, parent: 1, group: pid, session: pid, startedAt: 0, isZombie: false };
      if (!(await processTable.withEnvironment('NIGHTJAR_MARK=ours', [row])).has(pid)) missed.push(pid);
      process.kill(pid, 'SIGKILL');
    }
    expect(missed).toEqual([]);
    expect(seen).toBeGreaterThan(0);
  },
);
