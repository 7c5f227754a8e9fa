import type {
  RemoteBook,
  RemoteJob,
  RemoteLogPiece,
  TaskExecution,
  TaskTrace,
} from '../../../electron/scheduler/executor/executor.ts';
import type { TaskDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { CollectedLog } from '../../support/collected-log.ts';

const TASK: TaskDefinition = {
  name: 'task',
  executor: 'process',
  image: null,
  build: null,
  command: null,
  entrypoint: null,
  variables: {},
  workdir: null,
  user: null,
  volumes: [],
  network: null,
  cpus: null,
  memory: null,
  pull: 'missing',
  timeoutMs: null,
  retry: null,
  allowFailure: false,
  stopSignal: null,
  stopTimeoutMs: 10_000,
  matrix: null,
  engine: null,
  gitlab: null,
  github: null,
};

let taskRunIds = 0;

/** One attempt of a task that differs from the plainest one only in what is said. */
export function executionOf(
  task: Partial<TaskDefinition>,
  rest: Partial<Omit<TaskExecution, 'task' | 'log' | 'signal' | 'leaveTrace'>> & {
    log?: CollectedLog;
    signal?: AbortSignal;
    leaveTrace?: (trace: TaskTrace) => void;
  } = {},
) {
  const traces: TaskTrace[] = [];
  const execution = {
    runId: 7,
    jobId: 'nightly/backup',
    taskRunId: ++taskRunIds,
    attempt: 1,
    environment: {},
    variables: {},
    about: {},
    remote: remoteBook(),
    workspace: null,
    jobFolder: '/tmp',
    log: new CollectedLog(),
    signal: new AbortController().signal,
    settle: async () => ({ isKept: false }),
    leaveTrace: (trace: TaskTrace) => void traces.push(trace),
    ...rest,
    task: { ...TASK, ...task },
  } satisfies TaskExecution;
  return Object.assign(execution, { traces });
}

/** What is kept of a pipeline, in memory. */
export function remoteBook(): RemoteBook {
  let jobs: readonly RemoteJob[] = [];
  const pieces = new Map<number, RemoteLogPiece>();
  return {
    jobs: () => [...jobs],
    saveJobs: (all) => void (jobs = all),
    pieces: () => [...pieces.values()].sort((a, b) => a.logFrom - b.logFrom),
    addPiece: (piece) => void pieces.set(piece.logFrom, piece),
    dropPieces: (logFrom) => {
      for (const at of pieces.keys()) if (at >= logFrom) pieces.delete(at);
    },
  };
}
