import { fork } from 'node:child_process';
import type { LauncherProcess, StartLauncher } from './launcher.ts';

/** It holds little, and what it holds is gone soon. */
const SMALL = ['--max-semi-space-size=1', '--v8-pool-size=1'];

/** A launcher beside plain Node. */
function forkLauncher(file: URL): LauncherProcess {
  const child = fork(file, [], {
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    execArgv: SMALL,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true, // Ctrl-C in a terminal is for us, who stop the tasks one by one.
  });
  const holdUs = (isHeld: boolean): void => {
    const how = isHeld ? 'ref' : 'unref';
    child[how]();
    child.channel?.[how]();
  };
  holdUs(false);
  return {
    send: (request) => void (child.connected && child.send(request)),
    onAnswer: (take) => void child.on('message', take as (answer: unknown) => void),
    onEnd: (tell) => void child.on('error', tell).once('disconnect', tell),
    holdUs,
  };
}

/** Electron has none of this kind: its program, which Node's `fork` starts, is the desktop. */
export const launcherOfNode: StartLauncher | undefined =
  process.versions['electron'] === undefined ? forkLauncher : undefined;
