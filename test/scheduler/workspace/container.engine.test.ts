import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { CollectedLog } from '../../support/collected-log.ts';
import { executionOf } from '../executor/execution.ts';
import { Repository } from './repository.ts';
import { Running } from './running.ts';

test("a container works in the run's own copy of the repository and hands on outputs and artifacts like a process", async () => {
  const repository = new Repository();
  const sha = repository.commit('The first', { 'file.txt': 'one' });
  const running = await Running.start({
    'j.yml': `
repo: ${repository.url}
steps:
  - name: make
    image: local/busybox
    pull: never
    # Neither root nor whoever runs Nightjar.
    user: '4711'
    command: |
      test -d .git && cat file.txt
      echo "WHERE=$PWD" >> "$NIGHTJAR_OUTPUT"
      mkdir "$NIGHTJAR_ARTIFACTS/from" && echo "$NIGHTJAR_COMMIT" > "$NIGHTJAR_ARTIFACTS/from/container.txt"
  - name: litter
    image: local/busybox
    pull: never
    command: mkdir -p deep/er && touch deep/er/file
  - { name: use, command: 'echo "$WHERE"; ls deep/er; cat "$NIGHTJAR_ARTIFACTS/from/container.txt"' }
`,
  });
  const run = await running.run('j');
  expect(run).toMatchObject({ state: 'succeeded', reason: null });
  expect((await running.log(run)).slice(-4)).toEqual(['one', '/workspace', 'file', sha]);
  expect((await running.scheduler.artifacts.list(run.id)).files.map(({ path }) => path)).toEqual([
    'from/container.txt',
  ]);
  // What the container's user wrote is ours to remove.
  const { folder } = await running.scheduler.artifacts.list(run.id);
  for (const path of ['from', 'from/container.txt']) {
    expect(lstatSync(join(folder, path)).uid, path).toBe(process.getuid!());
  }
});

test('an engine that does not see the data folder runs the task all the same, and the log says what there is not', async () => {
  const executor = createDockerExecutor({
    dataId: 'unseen',
    instance: 'test',
    clock: systemClock,
    onEngineChange: () => {},
  });
  const log = new CollectedLog();
  const outcome = await executor.execute(
    executionOf(
      {
        executor: 'docker',
        image: 'local/busybox',
        pull: 'never',
        command: 'echo "[$NIGHTJAR_OUTPUT$NIGHTJAR_ARTIFACTS]"',
      },
      { log, exchange: { outputFile: '/not/shared/outputs/1/output', artifacts: '/not/shared/artifacts/1' } },
    ),
  );
  await executor.close();
  expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
  expect(log.text('stdout')).toBe('[]\n');
  expect(log.notes.join('\n')).toContain("does not see Nightjar's data folder");
});
