import type { Clock } from '../clock.ts';
import { turn } from '../turn.ts';
import { spawnBehindGate, type GatedCommand } from './gate.ts';
import { Launcher, LauncherEnded, type LaunchedProcess, type StartLauncher } from './launcher.ts';
import { OutputPipes, type OutputPipe } from './output-pipe.ts';
import { sourceOfStream, type OutputSource } from './output-source.ts';

/** A command behind its gate (gate.ts), with what it writes. */
export interface StartedCommand extends LaunchedProcess {
  readonly stdout: OutputSource;
  readonly stderr: OutputSource;
}

/** What starts while so many others were started within so long is started by a launcher: a job every few minutes has no use for one. */
const MANY = 4;
const MANY_WITHIN_MS = 10_000;
/** A launcher without a command for so long is ended; it is 50 MB, of which 11 are its own. */
const LAUNCHER_RESTS_MS = 60_000;

/** A launcher, and pipes whose writing ends are in it. */
interface Elsewhere {
  readonly launcher: Launcher;
  readonly pipes: OutputPipes;
}

/** Starts commands: here, or in a launcher where many start. */
export class CommandStarter {
  readonly #clock: Clock;
  #startLauncher: StartLauncher | undefined;
  readonly #pipes = new OutputPipes();
  #elsewhere: Elsewhere | undefined;
  #isClosed = false;
  #cancelRest = (): void => {};
  #startedAt: number[] = [];

  constructor(clock: Clock, startLauncher?: StartLauncher) {
    this.#clock = clock;
    // The other systems start a process without a copy of ours (posix_spawn, CreateProcess).
    this.#startLauncher = process.platform === 'linux' ? startLauncher : undefined;
  }

  /** Rejects when it cannot be spawned. */
  async start(command: GatedCommand): Promise<StartedCommand> {
    const elsewhere = this.#isBusy() ? this.#openElsewhere() : undefined;
    if (elsewhere === undefined) return this.#startHere(command);
    try {
      return await this.#startElsewhere(elsewhere, command);
    } catch (thrown) {
      if (thrown instanceof LauncherEnded) return await this.#startHere(command);
      throw thrown;
    } finally {
      this.#restLater(elsewhere);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRest();
    this.#pipes.close();
    this.#elsewhere?.pipes.close();
    this.#elsewhere?.launcher.close();
    this.#elsewhere = undefined;
  }

  async #startElsewhere({ launcher, pipes }: Elsewhere, command: GatedCommand): Promise<StartedCommand> {
    const pair = await pipes.take();
    if (pair === undefined) throw new LauncherEnded();
    return withOutput(pair, (writers) => launcher.start(command, writers));
  }

  async #startHere(command: GatedCommand): Promise<StartedCommand> {
    const pair = await this.#pipes.take();
    await turn();
    return pair === undefined
      ? spawnBehindGate(command, undefined).then(({ stdout, stderr, ...started }) => ({
          ...started,
          stdout: sourceOfStream(stdout),
          stderr: sourceOfStream(stderr),
        }))
      : withOutput(pair, (writers) => spawnBehindGate(command, writers));
  }

  #isBusy(): boolean {
    const now = performance.now();
    this.#startedAt = [...this.#startedAt.filter((at) => now - at < MANY_WITHIN_MS), now].slice(-MANY - 1);
    return this.#startedAt.length > MANY;
  }

  /** Undefined where the host can have none. */
  #openElsewhere(): Elsewhere | undefined {
    if (this.#elsewhere !== undefined || this.#startLauncher === undefined) return this.#elsewhere;
    try {
      const launcher = new Launcher(this.#clock, this.#startLauncher, () => {
        this.#leave(opened);
        this.#startedAt = []; // The next one is for when many have started again.
      });
      const opened = {
        launcher,
        pipes: new OutputPipes(
          (names) => launcher.makeWriters(names),
          (writer) => launcher.closeWriter(writer),
        ),
      };
      this.#elsewhere = opened;
      return opened;
    } catch {
      this.#startLauncher = undefined;
      return undefined;
    }
  }

  #restLater(elsewhere: Elsewhere): void {
    if (this.#isClosed || this.#elsewhere !== elsewhere) return;
    this.#cancelRest();
    this.#cancelRest = this.#clock.after(LAUNCHER_RESTS_MS, () => {
      if (elsewhere.launcher.isIdle) this.#leave(elsewhere);
      else this.#restLater(elsewhere);
    });
  }

  #leave(elsewhere: Elsewhere): void {
    elsewhere.pipes.close();
    elsewhere.launcher.close();
    if (this.#elsewhere === elsewhere) this.#elsewhere = undefined;
  }
}

/** What is started with the writing ends, and the reading ends with it. */
async function withOutput(
  [out, err]: readonly [OutputPipe, OutputPipe],
  start: (writers: readonly [number, number]) => Promise<LaunchedProcess>,
): Promise<StartedCommand> {
  try {
    return { ...(await start([out.writer, err.writer])), stdout: out.reader, stderr: err.reader };
  } catch (thrown) {
    out.reader.destroy();
    err.reader.destroy();
    throw thrown;
  }
}
