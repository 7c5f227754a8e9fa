import { fileURLToPath } from 'node:url';
import { utilityProcess } from 'electron';
import type { LauncherAnswer, LauncherProcess } from '../scheduler/executor/launcher.ts';

/** A launcher in one of Electron's utility processes, which may be started once the application is ready. */
export function utilityLauncher(file: URL): LauncherProcess {
  const child = utilityProcess.fork(fileURLToPath(file), [], {
    cwd: '/',
    serviceName: 'Nightjar launcher',
    stdio: 'ignore',
  });
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
    send: (request) => child.postMessage(request),
    onAnswer: (take) => void child.on('message', (answer) => take(answer as LauncherAnswer)),
    // Its error is a fatal one, and without a listener it would be ours.
    onEnd: (tell) => void child.on('error', () => {}).once('exit', tell),
    holdUs: () => {}, // The desktop runs until somebody quits it.
  };
}
