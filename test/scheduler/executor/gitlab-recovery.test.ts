import { expect, test } from 'vitest';
import type { Outcome, TaskTrace } from '../../../electron/scheduler/executor/executor.ts';
import { CollectedLog } from '../../support/collected-log.ts';
import { servedJob, serveGitlab } from '../../support/gitlab-server.ts';
import { remoteBook } from './execution.ts';
import { endsAtOnce, executor, taskOn } from './gitlab-task.ts';

describeRecovery('with the whole log each time', false);
describeRecovery('with ranges', true);

/** A Nightjar dies wherever its log ends; the next one goes on from what is stored. */
function describeRecovery(how: string, hasRanges: boolean): void {
  test(`after a crash the logs go on where the task's log ends, without a loss or a repeat, ${how}`, async () => {
    const gitlab = await serveGitlab({ hasRanges });
    const [a, b] = [servedJob('a', 'running'), servedJob('b', 'running')];
    gitlab.state.onCreate = endsAtOnce('running', a, b);
    const lines = (job: string, count: number): string =>
      Array.from({ length: count }, (_, i) => `${job}${i}\n`).join('');
    const stop = new AbortController();
    const book = remoteBook();
    const traces: TaskTrace[] = [];
    const first = taskOn(
      gitlab,
      {},
      { signal: stop.signal, leaveTrace: (trace) => void traces.push(trace), remote: book },
    );
    const dying = executor.execute(first);
    for (const count of [3, 5, 9]) {
      [a.trace, b.trace] = [lines('a', count), `section_start:1:x\r\x1b[0K\n${lines('b', count)}`];
      await first.log.until((log) => log.text('stdout').includes(`[b] b${count - 1}\n`));
    }
    // Frozen as a kill would leave it: what the book and the log have now.
    const whole = first.log.text('stdout');
    const pieces = book.pieces();
    expect(pieces.length).toBe(6);
    stop.abort({ kind: 'cancelled', by: 'you' });
    await dying;
    Object.assign(gitlab.pipelines[0]!, { status: 'success' });
    for (const job of [a, b]) Object.assign(job, { status: 'success', trace: job.trace + 'last' });
    // In the middle of a piece, between two, at the begin and at the end.
    for (let kept = 0; kept <= 18; kept += 3) {
      const end = whole.split('\n').slice(0, kept).join('\n').length + (kept > 0 ? 1 : 0);
      const stored = whole.slice(0, end);
      const log = new CollectedLog({ consumed: { stdout: Buffer.byteLength(stored) } });
      const remote = remoteBook();
      for (const piece of pieces) remote.addPiece(piece);
      const outcome = await executor.recover(
        taskOn(gitlab, {}, { log, remote }),
        Object.assign({}, ...traces) as TaskTrace,
      );
      expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
      const all = (stored + log.text('stdout')).trimEnd().split('\n');
      for (const job of ['a', 'b']) {
        const own = all.filter((line) => line.startsWith(`[${job}]`));
        expect(own, `after ${end} bytes`).toEqual(`${lines(job, 9)}last`.split('\n').map((line) => `[${job}] ${line}`));
      }
    }
  });
}

test('a pipeline that was triggered in the moment of a crash is found by its mark; one that was not is triggered now', async () => {
  const gitlab = await serveGitlab();
  gitlab.state.onCreate = endsAtOnce('success');
  const [lost, never] = [taskOn(gitlab), taskOn(gitlab)];
  await executor.execute(taskOn(gitlab));
  await executor.execute(lost);
  const asked = lost.traces[0]!;
  expect(asked).toEqual({ remoteAskedAt: expect.any(Number) as number });
  expect(await executor.recover(lost, asked)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(gitlab.pipelines).toHaveLength(2);
  expect(lost.traces.at(-1)).toMatchObject({ remoteId: '102' });
  expect(await executor.recover(never, { remoteAskedAt: asked.remoteAskedAt! - 60_000 })).toEqual({
    kind: 'exited',
    exitCode: 0,
  });
  expect(gitlab.pipelines).toHaveLength(3);
  gitlab.state.hidesVariables = true;
  const blind = (await executor.recover(never, asked)) as Outcome;
  expect(blind).toMatchObject({
    kind: 'lost',
    reason: expect.stringContaining('Look there before you run it again') as string,
  });
});
