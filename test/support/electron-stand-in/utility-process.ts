import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';

/** A process of plain Node, which is given the port that Electron's has. */
class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[], options: { cwd: string; serviceName: string; stdio: 'ignore' }) {
    super();
    const { cwd, stdio } = options;
    const execArgv = ['--import', new URL('./parent-port.ts', import.meta.url).href];
    this.#child = fork(file, args, { cwd, execArgv, stdio: [stdio, stdio, stdio, 'ipc'] });
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.once('disconnect', () => this.emit('exit', this.#child.exitCode ?? 0));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }
}

/** All that were started, in order. Not part of Electron: for the tests. */
export const utilityProcesses: UtilityProcess[] = [];

export const utilityProcess = {
  fork: (...args: ConstructorParameters<typeof UtilityProcess>) => {
    const started = new UtilityProcess(...args);
    utilityProcesses.push(started);
    return started;
  },
};
