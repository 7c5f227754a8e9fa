import { loginEnvironment } from './executor/login-shell.ts';

/** After the start, until the host has told its user that it is ready. */
const SOON_MS = 50;

/** The variables of this machine's user: what a login shell has, and above it what this process was started with. */
export class HostEnvironment {
  readonly #given: NodeJS.ProcessEnv | undefined;
  readonly #changed: () => void;
  #variables: NodeJS.ProcessEnv;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** With `given` no shell is asked. `changed` is told when other variables may count. */
  constructor(given: NodeJS.ProcessEnv | undefined, changed: () => void) {
    this.#given = given;
    this.#changed = changed;
    this.#variables = given ?? process.env;
  }

  /** What counts now: until a shell has answered, what this process has. */
  get variables(): NodeJS.ProcessEnv {
    return this.#variables;
  }

  /** What a login shell has, for who cannot begin without it. */
  async ofLogin(): Promise<Readonly<Record<string, string>>> {
    return this.#given === undefined ? loginEnvironment() : {};
  }

  /** Last of a start: a profile can be a hundred programs, which would run beside it. */
  learnSoon(): void {
    if (this.#given === undefined && !this.#isClosed) this.#timer = setTimeout(() => void this.learn(), SOON_MS);
  }

  /** Resolves when what the user's profile says counts; `isAgain`: as it is by now. */
  async learn(isAgain = false): Promise<void> {
    if (this.#given === undefined) this.#variables = { ...(await loginEnvironment(isAgain)), ...process.env };
    this.#changed();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
