import type { Clock } from '../clock.ts';
import { turn } from '../turn.ts';
import { spawnBehindGate, type GatedCommand } from './gate.ts';
import { Launcher, LauncherEnded, type LaunchedProcess, type StartLauncher } from './launcher.ts';
import { OutputPipes, type OutputPipe } from './output-pipe.ts';
import { sourceOfStream, type OutputSource } from './output-source.ts';
import { WaitingShells, type WaitingShell } from './waiting-shells.ts';

/** A command behind its gate (gate.ts), with what it writes. */
export interface StartedCommand extends Omit<LaunchedProcess, 'letGo'> {
  /** By `performance.now()`, a moment before its process was started. */
  readonly bornAt: number;
  letGo(): void;
  readonly stdout: OutputSource;
  readonly stderr: OutputSource;
}

/** What starts while so many others were started within so long is started by a launcher: a job every few minutes has no use for one. */
const MANY = 4;
const MANY_WITHIN_MS = 10_000;
/** A launcher without a command for so long is ended; it is 50 MB, of which 11 are its own. */
const LAUNCHER_RESTS_MS = 60_000;

/** A launcher, pipes whose writing ends are in it, and the shells that it has ready. */
interface Elsewhere {
  readonly launcher: Launcher;
  readonly pipes: OutputPipes;
  readonly shells: WaitingShells;
}

/** Starts commands: here, or in a launcher where many start. */
export class CommandStarter {
  readonly #clock: Clock;
  #startLauncher: StartLauncher | undefined;
  readonly #pipes = new OutputPipes();
  #elsewhere: Elsewhere | undefined;
  /** The commands that have not ended, by their pids, and where they were started. */
  readonly #leaders = new Map<number, Elsewhere | undefined>();
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
    if (elsewhere === undefined) return this.#leads(await this.#startHere(command));
    try {
      const started = (await elsewhere.shells.take(command)) ?? (await this.#startElsewhere(elsewhere, command));
      return this.#leads(started, elsewhere);
    } catch (thrown) {
      if (thrown instanceof LauncherEnded) return this.#leads(await this.#startHere(command));
      throw thrown;
    } finally {
      this.#restLater(elsewhere);
    }
  }

  /** Whether it was started for a command and has not ended, or waits for one. It belongs to no other command. */
  isLeader(pid: number): boolean {
    return this.#leaders.has(pid) || (this.#elsewhere?.shells.has(pid) ?? false);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRest();
    this.#pipes.close();
    if (this.#elsewhere !== undefined) this.#leave(this.#elsewhere);
  }

  #leads(command: StartedCommand, elsewhere?: Elsewhere): StartedCommand {
    this.#leaders.set(command.pid, elsewhere);
    void command.exited.then(() => this.#leaders.delete(command.pid));
    return command;
  }

  async #startElsewhere({ launcher, pipes, shells }: Elsewhere, command: GatedCommand): Promise<StartedCommand> {
    const pair = await pipes.take();
    if (pair === undefined) throw new LauncherEnded();
    const started = await withOutput(pair, (writers) => launcher.start(command, writers));
    shells.refill();
    return started;
  }

  async #startHere(command: GatedCommand): Promise<StartedCommand> {
    const pair = await this.#pipes.take();
    await turn();
    const bornAt = performance.now();
    return pair === undefined
      ? spawnBehindGate(command, undefined).then(({ stdout, stderr, ...started }) => ({
          ...started,
          bornAt,
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
      const pipes = new OutputPipes(
        (names) => launcher.makeWriters(names),
        (writer) => launcher.closeWriter(writer),
      );
      const startShell = async (): Promise<WaitingShell | undefined> => {
        const pair = await pipes.take();
        return pair && withOutput(pair, (writers) => launcher.start(null, writers));
      };
      const opened = { launcher, pipes, shells: new WaitingShells(startShell) };
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
      if ([...this.#leaders.values()].includes(elsewhere)) this.#restLater(elsewhere);
      else this.#leave(elsewhere);
    });
  }

  #leave(elsewhere: Elsewhere): void {
    elsewhere.shells.close();
    elsewhere.pipes.close();
    elsewhere.launcher.close();
    if (this.#elsewhere === elsewhere) this.#elsewhere = undefined;
  }
}

/** What is started with the writing ends, and the reading ends with it. */
async function withOutput(
  [out, err]: readonly [OutputPipe, OutputPipe],
  start: (writers: readonly [number, number]) => Promise<LaunchedProcess>,
): Promise<StartedCommand & WaitingShell> {
  const bornAt = performance.now();
  try {
    return { ...(await start([out.writer, err.writer])), bornAt, stdout: out.reader, stderr: err.reader };
  } catch (thrown) {
    out.reader.destroy();
    err.reader.destroy();
    throw thrown;
  }
}
