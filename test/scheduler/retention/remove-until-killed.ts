import { createStoreWork } from '../../../electron/scheduler/retention/store-work.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';

/** Removes the history of the job `a` in a data folder, and says so when it has begun; a test kills it in between. */
const [file, dataFolder] = process.argv.slice(2) as [string, string];
const work = createStoreWork(openDatabase(file), dataFolder, { isStopping: () => false, isApart: true });
console.log('begun');
while (!(await work.removeHistory({ job: 'a', now: 0 })).isDone);
