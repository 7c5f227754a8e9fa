import { once } from 'node:events';
import { styleText } from 'node:util';
import type { Style } from './format.ts';
import { formatTable, type Cell, type Column } from './table.ts';

/** Where a command's answer goes: standard output, for a person or, with `--json`, for a program. */
export class Output {
  readonly isJson: boolean;
  /** Standard output is a terminal that wants colours. */
  readonly isColoured: boolean;
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream, options: { isJson: boolean; environment: NodeJS.ProcessEnv }) {
    const { NO_COLOR, TERM } = options.environment;
    this.#stream = stream;
    this.isJson = options.isJson;
    this.isColoured = stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
  }

  /** Writes a line, or several; resolves when there is room for more, so that a long log stays out of memory. */
  async line(text: string): Promise<void> {
    if (!this.#stream.write(`${text}\n`)) await once(this.#stream, 'drain');
  }

  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, null, 2));
  }

  /** `empty` is the sentence for a table without rows. */
  async table(columns: readonly Column[], rows: readonly (readonly Cell[])[], empty: string): Promise<void> {
    if (rows.length === 0) return this.line(empty);
    const width = this.#stream.isTTY ? this.#stream.columns : null;
    return this.line(formatTable(columns, rows, width, (text, style) => this.paint(text, style)).join('\n'));
  }

  paint(text: string, style: Style): string {
    return this.isColoured ? styleText(style, text, { validateStream: false }) : text;
  }
}
