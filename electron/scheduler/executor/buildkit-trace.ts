/**
 * What BuildKit says while it builds: protocol buffers (moby.buildkit.v1.StatusResponse) in base64. Of them only what a log
 * wants is read; a library for protocol buffers would cost more memory than all of the rest.
 */
export interface BuildTrace {
  readonly steps: readonly BuildStep[];
  readonly logs: readonly { readonly step: string; readonly text: Buffer }[];
}

export interface BuildStep {
  readonly id: string;
  /** `[2/3] RUN make`. */
  readonly name: string;
  readonly isCached: boolean;
  readonly hasStarted: boolean;
  readonly hasCompleted: boolean;
  readonly error: string;
}

/** Field numbers of moby/buildkit's control.proto. */
const STATUS = { vertexes: 1, logs: 3 } as const;
const VERTEX = { digest: 1, name: 3, cached: 4, started: 5, completed: 6, error: 7 } as const;
const LOG = { vertex: 1, message: 4 } as const;

export function readBuildTrace(base64: string): BuildTrace {
  const steps: BuildStep[] = [];
  const logs: { step: string; text: Buffer }[] = [];
  for (const { field, bytes } of fieldsOf(Buffer.from(base64, 'base64'))) {
    if (field === STATUS.vertexes) steps.push(stepOf(bytes));
    if (field === STATUS.logs) logs.push(logOf(bytes));
  }
  return { steps, logs };
}

function stepOf(message: Buffer): BuildStep {
  const step = { id: '', name: '', isCached: false, hasStarted: false, hasCompleted: false, error: '' };
  for (const { field, bytes, value } of fieldsOf(message)) {
    if (field === VERTEX.digest) step.id = bytes.toString();
    else if (field === VERTEX.name) step.name = bytes.toString();
    else if (field === VERTEX.cached) step.isCached = value !== 0;
    else if (field === VERTEX.started) step.hasStarted = true;
    else if (field === VERTEX.completed) step.hasCompleted = true;
    else if (field === VERTEX.error) step.error = bytes.toString();
  }
  return step;
}

function logOf(message: Buffer): { step: string; text: Buffer } {
  const log = { step: '', text: Buffer.alloc(0) as Buffer };
  for (const { field, bytes } of fieldsOf(message)) {
    if (field === LOG.vertex) log.step = bytes.toString();
    else if (field === LOG.message) log.text = bytes;
  }
  return log;
}

const EMPTY = Buffer.alloc(0);

/** Ends where the message is cut off or has a kind of field that this protocol does not use. */
function* fieldsOf(
  message: Buffer,
): Generator<{ readonly field: number; readonly bytes: Buffer; readonly value: number }> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    // Multiplied, not shifted: a count of nanoseconds has more than 32 bits.
    for (let weight = 1; at < message.length; weight *= 128) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = number();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { field, bytes: EMPTY, value: number() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = number();
        yield { field, bytes: message.subarray(at, at + length), value: 0 };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return;
    }
  }
}
