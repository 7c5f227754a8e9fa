import { once } from 'node:events';
import { Worktrees } from '../../../electron/scheduler/workspace/worktrees.ts';

/** A program of its own, for it is not root: sweeps a data folder, and asks who started it to give folders back. */
const giveBack = async (runId: number, folder: string): Promise<boolean> => {
  process.send!({ runId, folder });
  const [answer] = (await once(process, 'message')) as [{ isGiven: boolean }];
  return answer.isGiven;
};
await new Worktrees(process.argv[2]!).sweep(() => false, giveBack);
process.disconnect();
