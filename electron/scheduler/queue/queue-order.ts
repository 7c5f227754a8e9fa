import type { Database, Statement } from 'better-sqlite3';

/** Room for 20 drags into the same place before anything is renumbered, and for 8,000 million runs before 2^53 is reached. */
const GAP = 2 ** 20;

/**
 * The order of the waiting runs: one whole number a run, unique among those that wait. The end is `max + GAP`, the top is
 * `min - GAP`, so both are one-row writes, and of two "run next" clicks the last one is first. A place between two runs is the
 * middle of their numbers; where no number is left between them, all waiting runs are renumbered, past the largest there is, so
 * that the unique index holds at every step.
 *
 * Every method belongs inside the immediate transaction that uses its answer.
 */
export class QueueOrder {
  readonly #max: Statement<[], number | null>;
  readonly #min: Statement<[], number | null>;
  readonly #of: Statement<[number], number>;
  readonly #before: Statement<[number], number>;
  readonly #after: Statement<[number], number>;
  readonly #place: Statement<[number, number]>;
  readonly #all: Statement<[], number>;

  constructor(db: Database) {
    const waiting = `FROM runs INDEXED BY runs_waiting WHERE state = 'queued'`;
    this.#max = db.prepare<[], number | null>(`SELECT max(position) ${waiting}`).pluck();
    this.#min = db.prepare<[], number | null>(`SELECT min(position) ${waiting}`).pluck();
    this.#of = db.prepare<[number], number>(`SELECT position FROM runs WHERE id = ?`).pluck();
    const neighbour = `SELECT position ${waiting} AND position`;
    this.#before = db.prepare<[number], number>(`${neighbour} < ? ORDER BY position DESC LIMIT 1`).pluck();
    this.#after = db.prepare<[number], number>(`${neighbour} > ? ORDER BY position LIMIT 1`).pluck();
    this.#place = db.prepare(`UPDATE runs SET position = ? WHERE id = ? AND state = 'queued'`);
    // The term is always true and makes this a search of the index from its beginning.
    this.#all = db
      .prepare<[], number>(`SELECT id ${waiting} AND position > ${Number.MIN_SAFE_INTEGER} ORDER BY position`)
      .pluck();
  }

  isEmpty(): boolean {
    return this.#max.get() === null;
  }

  end(): number {
    return (this.#max.get() ?? 0) + GAP;
  }

  /** Where many go to the end, one behind another: the first position, and how far apart they are. */
  ends(): { position: number; gap: number } {
    return { position: this.end(), gap: GAP };
  }

  top(): number {
    return (this.#min.get() ?? 0) - GAP;
  }

  /** A free number right before or after the waiting run `toId`. */
  beside(toId: number, place: 'before' | 'after'): number {
    const free = this.#between(toId, place);
    if (free !== undefined) return free;
    this.#renumber();
    return this.#between(toId, place) as number;
  }

  place(id: number, position: number): void {
    this.#place.run(position, id);
  }

  #between(toId: number, place: 'before' | 'after'): number | undefined {
    const to = this.#of.get(toId) as number;
    const neighbour =
      place === 'before' ? (this.#before.get(to) ?? to - 2 * GAP) : (this.#after.get(to) ?? to + 2 * GAP);
    const middle = Math.floor((to + neighbour) / 2);
    return middle === to || middle === neighbour ? undefined : middle;
  }

  #renumber(): void {
    let position = this.end();
    for (const id of this.#all.all()) {
      this.#place.run(position, id);
      position += GAP;
    }
  }
}
