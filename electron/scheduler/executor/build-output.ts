import { readBuildTrace } from './buildkit-trace.ts';

/** What the engine says while it builds, as lines of the log. */
export interface BuildOutput {
  /** One line of the engine's answer, as JSON. */
  take(line: string): void;
  /** How it ended; `failure` goes on with "Building … failed". */
  end(): { readonly failure?: string; readonly imageId?: string };
}

interface Event {
  readonly id?: string;
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly aux?: string | { readonly ID?: string };
}

export function createBuildOutput(note: (text: string) => void): BuildOutput {
  const lines = new Map<string, string>();
  const said = new Set<string>();
  let step = '';
  let failedStep = '';
  let failure: string | undefined;
  let imageId: string | undefined;

  /** Whole lines only; what is left waits for its end. */
  function write(source: string, text: string): void {
    const parts = ((lines.get(source) ?? '') + text).split(/\r?\n/);
    lines.set(source, parts.pop()!);
    for (const line of parts) sayLine(source, line);
  }

  function sayLine(source: string, line: string): void {
    if (source === 'classic') {
      const named = /^Step (\d+\/\d+ : .*)$/.exec(line)?.[1];
      if (named !== undefined) step = named;
      // Its own housekeeping: ids of layers and containers.
      if (/^ ---> [0-9a-f]{12}$|^ ---> Running in |^Removing intermediate container |^\s*$/.test(line)) return;
    }
    note(line);
  }

  function takeTrace(aux: string): void {
    const { steps, logs } = readBuildTrace(aux);
    for (const { id, name, isCached, hasStarted, hasCompleted, error } of steps) {
      if (error !== '') failedStep = name;
      // What BuildKit does on its own account is of no interest, unless it fails.
      if (!name.startsWith('[') || name.startsWith('[internal]')) continue;
      if (said.has(id) || !(hasStarted || hasCompleted)) continue;
      // Whether it is cached is known at its end, and a cached one has its end at once.
      if (!hasCompleted && /^\[[^\]]*\] (?:RUN|COPY|ADD|WORKDIR)/.test(name)) {
        said.add(id);
        note(name);
      } else if (hasCompleted) {
        said.add(id);
        note(isCached ? `${name} (cached)` : name);
      }
    }
    for (const { step: source, text } of logs) write(source, text.toString());
  }

  return {
    take(line) {
      const event = JSON.parse(line) as Event;
      if (event.error !== undefined) failure = event.error;
      if (event.stream !== undefined) write('classic', event.stream);
      if (typeof event.aux === 'string' && event.id === 'moby.buildkit.trace') takeTrace(event.aux);
      else if (typeof event.aux === 'object' && event.aux.ID !== undefined) imageId = event.aux.ID;
    },
    end() {
      for (const [source, rest] of lines) if (rest !== '') sayLine(source, rest);
      if (failure === undefined) return imageId === undefined ? {} : { imageId };
      const at = failedStep || step;
      const why = failure.replace(/\.$/, '');
      return { failure: at === '' ? `: ${why}` : ` at "${at}": ${why}` };
    },
  };
}
