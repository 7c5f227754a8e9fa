import { expect, test } from 'vitest';
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
});
