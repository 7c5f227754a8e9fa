import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Running } from './running.ts';

test('outputs of a group are variables of the later ones and of handlers; a failed attempt hands on nothing', async () => {
  const running = await Running.start({
    'j.yml': `
variables: { VERSION: unknown, KEPT: job }
steps:
  - name: make
    tasks:
      - name: one
        command: |
          echo "VERSION=1.$NIGHTJAR_TASK_ATTEMPT" >> "$NIGHTJAR_OUTPUT"
          echo "ATTEMPT_$NIGHTJAR_TASK_ATTEMPT=yes" >> "$NIGHTJAR_OUTPUT"
          test "$NIGHTJAR_TASK_ATTEMPT" = 2
        retry: { limit: 1, interval: 0s }
      - { name: two, command: 'echo "SIBLING=[$VERSION]" >> "$NIGHTJAR_OUTPUT"' }
  - name: use
    command: 'echo "$VERSION|\${ATTEMPT_1:-no}|$ATTEMPT_2|$SIBLING|$KEPT"; echo "KEPT=changed" >> "$NIGHTJAR_OUTPUT"'
  - name: own
    command: 'echo "own $VERSION"'
    variables: { VERSION: mine }
on_success: [ { name: tell, command: 'echo "told $VERSION $KEPT"' } ]
`,
  });
  const run = await running.run('j');
  expect(run).toMatchObject({ state: 'succeeded' });
  const log = await running.log(run);
  expect(log).toContain('1.2|no|yes|[unknown]|job');
  expect(log).toContain('own mine');
  expect(log).toContain('told 1.2 changed');
  expect((await running.scheduler.artifacts.list(run.id)).outputs).toMatchObject([
    { group: 'make', task: 'two', name: 'SIBLING', value: '[unknown]' },
    { group: 'use', task: 'use', name: 'KEPT', value: 'changed' },
    { group: 'make', task: 'one', name: 'ATTEMPT_2', value: 'yes' },
    { group: 'make', task: 'one', name: 'VERSION', value: '1.2' },
  ]);
  // What the tasks wrote to is gone, and a run without artifacts leaves no folder.
  expect(readdirSync(join(running.data, 'outputs'))).toEqual([]);
  expect(existsSync(join(running.data, 'artifacts', '0', String(run.id)))).toBe(false);
});

test('what goes on from the failed step has the outputs and a copy of the artifacts of the steps before it', async () => {
  const running = await Running.start({
    'j.yml': `
steps:
  - name: make
    command: |
      echo "MADE_BY=$NIGHTJAR_RUN_NUMBER" >> "$NIGHTJAR_OUTPUT"
      mkdir "$NIGHTJAR_ARTIFACTS/deep"
      echo "left by $NIGHTJAR_RUN_NUMBER" > "$NIGHTJAR_ARTIFACTS/deep/note"
      ln -s deep/note "$NIGHTJAR_ARTIFACTS/link"
      mkfifo "$NIGHTJAR_ARTIFACTS/pipe"
  - name: use
    tasks:
      - { name: one, command: 'echo "made by $MADE_BY, $(cat "$NIGHTJAR_ARTIFACTS/link")"; test "$NIGHTJAR_RUN_NUMBER" = 2' }
      - { name: two, command: 'echo changed > "$NIGHTJAR_ARTIFACTS/two-$NIGHTJAR_RUN_NUMBER"' }
`,
  });
  const first = await running.run('j');
  expect(first.state).toBe('failed');
  const second = await running.run('j', () => running.scheduler.runs.again(first.id, 'same', 'failed-step'));
  expect(second).toMatchObject({ state: 'succeeded', number: 2 });
  expect(await running.log(second)).toContain('made by 1, left by 1');
  const filesOf = async (id: number) => (await running.scheduler.artifacts.list(id)).files.map(({ path }) => path);
  expect(await filesOf(first.id)).toEqual(['deep/note', 'two-1']);
  expect(await filesOf(second.id)).toEqual(['deep/note', 'two-1', 'two-2']);
});

test('a value that is masked is not stored as an output, and the log says so', async () => {
  const running = await Running.start({
    'j.yml': `
env_file: .env
steps: [ { name: a, command: 'echo "LEAK=x-$TOKEN-y" >> "$NIGHTJAR_OUTPUT"; echo "PATH=/evil" >> "$NIGHTJAR_OUTPUT"; echo nonsense >> "$NIGHTJAR_OUTPUT"' } ]
`,
    '.env': 'TOKEN=hunter2hunter2\n',
  });
  const run = await running.run('j');
  expect(await running.log(run)).toEqual([
    'output line 1 is not taken: the value of LEAK contains a masked value, and outputs are stored and shown',
    'output line 2 is not taken: PATH is a name that a task may not set for others',
    'output line 3 is not taken: it is not KEY=VALUE',
  ]);
  expect((await running.scheduler.artifacts.list(run.id)).outputs).toEqual([]);
});

test('artifacts of all tasks and attempts stay in one folder; a link in it is neither listed nor opened', async () => {
  const running = await Running.start({
    'j.yml': `
steps:
  - name: a
    command: |
      mkdir "$NIGHTJAR_ARTIFACTS/deep"
      echo one > "$NIGHTJAR_ARTIFACTS/deep/one.txt"
      ln -s /etc/hostname "$NIGHTJAR_ARTIFACTS/link"
      ln -s /etc "$NIGHTJAR_ARTIFACTS/etc"
  - { name: b, command: 'cat "$NIGHTJAR_ARTIFACTS/deep/one.txt" > "$NIGHTJAR_ARTIFACTS/two.txt"' }
`,
  });
  const run = await running.run('j');
  const { artifacts } = running.scheduler;
  expect(await artifacts.list(run.id)).toMatchObject({
    files: [
      { path: 'deep/one.txt', bytes: 4 },
      { path: 'two.txt', bytes: 4 },
    ],
    bytes: 8,
    isCut: false,
    folder: join(running.data, 'artifacts', '0', String(run.id)),
  });
  const file = await (await artifacts.toRead(run.id, 'deep/one.txt')).open();
  const text = await file.readFile('utf8').finally(() => file.close());
  expect(text).toBe('one\n');
  for (const path of ['link', 'etc/hostname', '../../../nightjar.db', 'deep', 'nothing']) {
    await expect(artifacts.locate(run.id, path), path).rejects.toMatchObject({ code: 'no-such-artifact' });
  }
  expect(readdirSync(running.data)).not.toContain('two.txt');
});
