import type { LogLineView, TaskRun } from '../api/api.ts';
import type { Style } from './format.ts';
import type { Output } from './output.ts';
import { terminalText } from './terminal-text.ts';

type Task = Pick<TaskRun, 'id' | 'group' | 'name' | 'runAttempt' | 'attempt'>;

// Neither red nor green: those are outcomes.
const STYLES: readonly Style[] = ['cyan', 'yellow', 'bold'];
const OWN = 'nightjar';

/** Writes log lines for a person: `group/task | text`, each task in a colour of its own where there are colours. */
export class LogLines {
  readonly #out: Output;
  readonly #prefixes = new Map<number, { text: string; style: Style }>();
  #width = OWN.length;

  constructor(out: Output) {
    this.#out = out;
  }

  /** Whose lines will come. May be told again, when attempts were added. */
  setTasks(tasks: readonly Task[]): void {
    const names = [...new Set(tasks.map(taskName))];
    for (const task of tasks) {
      const attempt = task.attempt > 1 ? ` (${task.attempt})` : '';
      const style = STYLES[names.indexOf(taskName(task)) % STYLES.length] ?? 'bold';
      this.#prefixes.set(task.id, { text: `${taskName(task)}${attempt}`, style });
    }
    this.#width = Math.max(OWN.length, ...[...this.#prefixes.values()].map(({ text }) => text.length));
  }

  async write(lines: readonly LogLineView[]): Promise<void> {
    if (lines.length > 0) await this.#out.line(lines.map((line) => this.#text(line)).join('\n'));
  }

  #text(line: LogLineView): string {
    const { text, style } = this.#prefixes.get(line.taskRunId) ?? { text: OWN, style: 'dim' };
    const words = terminalText(line.text, this.#out.isColoured);
    const shown = line.stream === 'nightjar' ? this.#out.paint(words, 'dim') : words;
    return `${this.#out.paint(`${terminalText(text, false).padEnd(this.#width)} |`, style)} ${shown}`;
  }
}

/** `load/orders`; a group of one that has its task's name is called once, also where a matrix made several of it. */
export function taskName({ group, name }: Pick<Task, 'group' | 'name'>): string {
  return group === name || name.startsWith(`${group} (`) ? name : `${group}/${name}`;
}
