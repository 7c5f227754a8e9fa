import type { Check } from '../api/api.ts';
import { openBugLog } from '../bug-log.ts';
import { createScheduler } from '../scheduler/scheduler.ts';
import type { Context } from './context.ts';

/** `nightjar doctor`: the scheduler's own examination, in this process, so that it works where nothing runs yet. */
export async function doctorHere({ places }: Context, version: string): Promise<readonly Check[]> {
  const { dataFolder, jobsHome } = places;
  const onBug = openBugLog(dataFolder);
  const scheduler = createScheduler({ jobsHome, dataFolder, version, host: 'cli', isScheduling: false, onBug });
  await scheduler.start();
  try {
    return await scheduler.doctor();
  } finally {
    await scheduler.close('stop');
  }
}
