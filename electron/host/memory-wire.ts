import type { Wire } from '../api/wire.ts';

/** Two ends of a wire within one process. Frames arrive in order and never in the turn in which they were sent. */
export function memoryWires(): [Wire, Wire] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.other = right;
  right.other = left;
  return [left, right];
}

class MemoryEnd implements Wire {
  other!: MemoryEnd;
  #onFrame: (frame: string) => void = () => {};
  #onClose: (() => void)[] = [];
  #isClosed = false;

  send(frame: string): void {
    const { other } = this;
    setImmediate(() => {
      if (!other.#isClosed) other.#onFrame(frame);
    });
  }

  onFrame(listener: (frame: string) => void): void {
    this.#onFrame = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  close(): void {
    setImmediate(() => {
      this.#end();
      this.other.#end();
    });
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#onClose.splice(0)) listener();
  }
}
