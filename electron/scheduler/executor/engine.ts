import type Docker from 'dockerode';
import type { Engine } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import { connectEngine, disconnectEngine } from './engine-client.ts';
import { findEngines } from './find-engine.ts';
import type { EngineAddress } from './find-engine.ts';
import { limitOf, whyNot } from './why-no-engine.ts';
import type { Availability } from './executor.ts';

/**
 * Knows whether there is an engine, without ever making anybody wait for one. It looks for it only while somebody is interested:
 * who has asked for its availability lately, or holds it because a container runs.
 *
 * Three states. `unknown`: nobody asked yet. `available`: it answered the last time; a ping beside the containers that run tells
 * when it does not any more, since their own connections may not (engine.md, 2). `unavailable`: tried again every 2 s.
 */
export interface EngineWatch {
  state(): Engine;
  /** Podman's API loses log lines (engine.md, 10). */
  isPodman(): boolean;
  availability(): Availability;
  /** Looks now, and resolves with what it found. */
  check(): Promise<Engine>;
  /** The engine's client, as soon as it is there; undefined when `signal` aborts before. */
  available(signal: AbortSignal): Promise<Docker | undefined>;
  /** While held, the engine is pinged; `lost` aborts when it is gone. A hold is for one connection: after a loss, take another. */
  hold(): EngineHold;
  close(): Promise<void>;
}

export interface EngineHold {
  readonly lost: AbortSignal;
  release(): void;
}

export interface EngineWatchOptions {
  readonly clock: Clock;
  /** A Docker context; null: the engine that is found. */
  readonly context: string | null;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onChange: (engine: Engine) => void;
}

const RETRY_MS = 2_000;
const PING_MS = 5_000;
/** Who has asked for the availability within this time is taken to wait for it still (the scheduler looks every 5 s). */
const INTEREST_MS = 30_000;
/** A machine under load may leave a ping unanswered; a refused connection is believed at once. */
const SILENCES_UNTIL_LOST = 3;

export function createEngineWatch(options: EngineWatchOptions): EngineWatch {
  const { clock, context, environment } = options;
  let state: Engine = { state: 'unknown', host: null, foundBy: null, version: null, error: null, triedAt: null };
  let client: Docker | undefined;
  let isPodman = false;
  let silences = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let looking: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;
  const holds = new Set<AbortController>();
  const waiting = new Set<(docker: Docker | undefined) => void>();

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
      planNextLook();
    });
    return looking;
  }

  function planNextLook(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const isWanted = holds.size > 0 || waiting.size > 0 || clock.now() - askedAt < INTEREST_MS;
    if (isClosed || !isWanted) return;
    cancelTimer = clock.after(state.state === 'available' ? PING_MS : RETRY_MS, () => void look());
  }

  async function lookOnce(): Promise<void> {
    const found = await tryEngines();
    if (isClosed) return;
    if (found.docker !== undefined) {
      silences = 0;
      client = found.docker;
      isPodman = found.isPodman;
      setState({ ...found.address, state: 'available', version: found.version, error: null });
      for (const resolve of waiting) resolve(client);
      waiting.clear();
      return;
    }
    if (state.state === 'available' && found.isSilence && ++silences < SILENCES_UNTIL_LOST) return;
    if (client !== undefined) disconnectEngine(client);
    client = undefined;
    setState({ ...found.address, state: 'unavailable', version: null, error: found.error });
    for (const hold of holds) hold.abort();
    holds.clear();
  }

  async function tryEngines(): Promise<Answer> {
    const addresses = findEngines(context, environment);
    if (typeof addresses === 'string')
      return { docker: undefined, address: NOWHERE, error: addresses, isSilence: false };
    let firstFailure: Answer | undefined;
    for (const address of addresses) {
      const isKnown = client !== undefined && state.host === address.host;
      const answer = await ask(address, isKnown ? client : undefined, environment);
      if (answer.docker !== undefined) return answer;
      firstFailure ??= answer;
      // Another engine than the one that has our containers would be no help.
      if (isKnown && holds.size > 0) return answer;
    }
    const error =
      'No Docker engine was found: DOCKER_HOST is not set, no context is chosen and no known socket exists.';
    return firstFailure ?? { docker: undefined, address: NOWHERE, error, isSilence: false };
  }

  function setState(next: Omit<Engine, 'triedAt'>): void {
    const before = state;
    const { host, foundBy, version, error } = next;
    state = { state: next.state, host, foundBy, version, error, triedAt: clock.now() };
    const isSame = (['state', 'host', 'foundBy', 'version', 'error'] as const).every(
      (key) => before[key] === state[key],
    );
    if (!isSame) options.onChange(state);
  }

  return {
    state: () => state,
    isPodman: () => isPodman,
    availability() {
      askedAt = clock.now();
      // What was known when nobody was interested is no more than a first answer.
      if (state.triedAt === null || askedAt - state.triedAt > 2 * PING_MS) void look();
      else if (cancelTimer === undefined && looking === undefined) planNextLook();
      switch (state.state) {
        case 'available':
          return { isAvailable: true };
        case 'unavailable':
          return {
            isAvailable: false,
            // The default engine's error is in the window's banner; another one's is nowhere else.
            reason: (context === null ? null : state.error) ?? 'Docker does not answer.',
          };
        case 'unknown':
          return {
            isAvailable: false,
            reason: `Looking for the ${context === null ? 'Docker engine' : `engine ${context}`}.`,
          };
        default:
          return state.state satisfies never;
      }
    },
    async check() {
      await look();
      return state;
    },
    async available(signal) {
      if (client !== undefined) return client;
      if (signal.aborted || isClosed) return undefined;
      return new Promise((resolve) => {
        const done = (docker: Docker | undefined): void => {
          signal.removeEventListener('abort', give);
          resolve(docker);
        };
        const give = (): void => {
          waiting.delete(done);
          done(undefined);
        };
        signal.addEventListener('abort', give, { once: true });
        waiting.add(done);
        if (looking === undefined) void look();
      });
    },
    hold() {
      const controller = new AbortController();
      if (client === undefined) controller.abort();
      else holds.add(controller);
      if (cancelTimer === undefined && looking === undefined) planNextLook();
      return { lost: controller.signal, release: () => void holds.delete(controller) };
    },
    async close() {
      isClosed = true;
      cancelTimer?.();
      for (const resolve of waiting) resolve(undefined);
      waiting.clear();
      await looking;
      if (client !== undefined) disconnectEngine(client);
    },
  };
}

/** The client if the engine answers now. */
export async function clientNow(watch: EngineWatch): Promise<Docker | undefined> {
  await watch.check();
  return watch.state().state === 'available' ? watch.available(AbortSignal.abort()) : undefined;
}

const NOWHERE = { host: null, foundBy: null };

type Answer = { readonly address: { readonly host: string | null; readonly foundBy: string | null } } & (
  | { readonly docker: Docker; readonly version: string; readonly isPodman: boolean }
  | { readonly docker: undefined; readonly error: string; readonly isSilence: boolean }
);

async function ask(
  address: EngineAddress,
  known: Docker | undefined,
  environment: EngineWatchOptions['environment'],
): Promise<Answer> {
  const limitMs = limitOf(address);
  const limit = AbortSignal.timeout(limitMs);
  let docker: Docker | undefined;
  try {
    docker = known ?? (await connectEngine(address, environment));
    // Not a bare ping: the version is shown, and tells Docker from Podman.
    const version = await versionOf(docker, limit);
    const isPodman = version.Components?.some(({ Name }) => Name.startsWith('Podman')) ?? false;
    return { address, docker, version: isPodman ? `Podman ${version.Version}` : version.Version, isPodman };
  } catch (thrown) {
    if (docker !== undefined && docker !== known) disconnectEngine(docker);
    const isSilence = limit.aborted;
    const said = isSilence ? `it did not answer within ${limitMs / 1000} s` : whyNot(thrown);
    const error = `The Docker engine at ${address.host} (${address.foundBy}) does not answer: ${said}.`;
    return { address, docker: undefined, error, isSilence };
  }
}

/** dockerode's `version` knows no limit; the request below it does. */
function versionOf(docker: Docker, limit: AbortSignal): Promise<Docker.DockerVersion> {
  const statusCodes = { 200: true, 500: 'server error' };
  return new Promise((resolve, reject) => {
    const request = { path: '/version', method: 'GET', abortSignal: limit, statusCodes };
    docker.modem.dial(request as never, (error: unknown, answer: unknown) => {
      if (error) reject(error);
      else resolve(answer as Docker.DockerVersion);
    });
    // An answer that stops half way is not told by docker-modem either.
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
}
