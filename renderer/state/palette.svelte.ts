import type { Run } from '../../electron/api/api.ts';
import type { App } from './app.svelte.ts';
import { paletteEntries, PALETTE_GROUPS, runEntry, type Entry } from './palette-entries.ts';
import { matchText, type Match } from './palette-match.ts';

export type Found = { entry: Entry; marks: Match['marks']; moreMarks: Match['marks'] };

const RECENT_KEY = 'nightjar.palette';
const RECENT = 8;
/** Of a group, as many as one can choose from without reading. */
const SHOWN = 5;

/** The command palette: one list in three groups, the best match chosen. `>` commands only, `#` runs. */
export class Palette {
  text = $state('');
  chosen = $state(0);
  #runs: Run[] = $state.raw([]);
  #app: App;
  #recent: string[];
  /** As it was when the palette opened: a list that is read does not move. */
  #entries: Entry[];

  constructor(app: App, text: string) {
    this.#app = app;
    this.text = text;
    this.#entries = paletteEntries(app);
    this.#recent = JSON.parse(localStorage.getItem(RECENT_KEY) ?? '[]') as string[];
  }

  groups: { name: string; found: Found[] }[] = $derived.by(() => {
    if (this.text.startsWith('#'))
      return [{ name: 'Runs', found: this.#runs.map((run) => plain(runEntry(this.#app, run))) }];
    const isCommand = this.text.startsWith('>');
    const typed = isCommand ? this.text.slice(1) : this.text;
    const searched = isCommand ? this.#entries.filter((entry) => entry.group === 'Do') : this.#entries;
    const found = typed.trim() === '' ? this.#lately(searched) : search(searched, typed);
    return PALETTE_GROUPS.map((name) => ({
      name,
      found: found.filter(({ entry }) => entry.group === name).slice(0, SHOWN),
    })).filter((group) => group.found.length > 0);
  });
  list: Found[] = $derived.by(() => this.groups.flatMap((group) => group.found));

  type(text: string): void {
    this.text = text;
    this.chosen = 0;
    if (text.startsWith('#')) void this.#app.commands.report(() => this.#findRuns(text));
  }

  move(by: number): void {
    const count = this.list.length;
    if (count > 0) this.chosen = (this.chosen + by + count) % count;
  }

  run(found = this.list[this.chosen]): void {
    if (!found) return;
    const { id, run } = found.entry;
    this.#recent = [id, ...this.#recent.filter((other) => other !== id)].slice(0, RECENT);
    localStorage.setItem(RECENT_KEY, JSON.stringify(this.#recent));
    this.#app.dialogs.close();
    run();
  }

  /** What was used lately first; of each group no more than are shown, because there may be tens of thousands of entries. */
  #lately(entries: Entry[]): Found[] {
    const known = entries.filter(({ id }) => this.#recent.includes(id));
    const recent = known.sort((a, b) => this.#recent.indexOf(a.id) - this.#recent.indexOf(b.id));
    return PALETTE_GROUPS.flatMap((group) => {
      const found = [...recent, ...entries].filter((entry) => entry.group === group);
      return [...new Set(found)].slice(0, SHOWN).map(plain);
    });
  }

  async #findRuns(text: string): Promise<void> {
    const number = /\d+\s*$/.exec(text)?.[0].trim();
    const job = text
      .slice(1)
      .replace(/#?\d+\s*$/, '')
      .trim();
    const { runs } = await this.#app.backend.call('runs.list', {
      ...(job && { jobContains: job }),
      limit: number ? 1_000 : 12,
    });
    if (text !== this.text) return;
    this.#runs = runs.filter((run) => !number || String(run.number).startsWith(number)).slice(0, 12);
  }
}

const plain = (entry: Entry): Found => ({ entry, marks: [], moreMarks: [] });

function search(entries: Entry[], typed: string): Found[] {
  return entries
    .flatMap((entry) => {
      const match = matchText(entry.text, typed);
      if (match) return { entry, marks: match.marks, moreMarks: [], score: match.score + 2 };
      const all = matchText(`${entry.text} ${entry.more}`, typed);
      if (!all) return [];
      const start = entry.text.length + 1;
      return {
        entry,
        marks: all.marks.filter(([from]) => from < start),
        moreMarks: all.marks
          .filter(([from]) => from >= start)
          .map(([from, to]): [number, number] => [from - start, to - start]),
        score: all.score,
      };
    })
    .sort((a, b) => b.score - a.score);
}
