import { StateEffect, StateField, type EditorState, type Range } from '@codemirror/state';
import { Decoration, EditorView, gutter, GutterMarker, WidgetType, type DecorationSet } from '@codemirror/view';
import { codeParts, fixOf, sentence, spanOf, type Fix, type Problem } from '../../state/editor-fix.ts';

/** The Problems of the text as it was checked; they move with the text until the next check. */
export const setProblems = StateEffect.define<{ list: readonly Problem[]; isInline: boolean }>();

interface Shown {
  readonly problems: readonly { problem: Problem; fix: Fix | null }[];
  readonly decorations: DecorationSet;
  /** Messages that stand below their line. */
  readonly inline: ReadonlySet<string>;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The sprite's drawing, as DOM: CodeMirror's widgets are no components. */
function icon(name: string, tone: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', '14');
  svg.setAttribute('height', '14');
  svg.setAttribute('class', `cm-icon ${tone}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'use'));
  svg.firstElementChild!.setAttribute('href', `#icon-${name}`);
  return svg;
}

/** The sentence below the line, with its fix. */
class ProblemLine extends WidgetType {
  readonly #problem: Problem;
  readonly #fix: Fix | null;

  constructor(problem: Problem, fix: Fix | null) {
    super();
    this.#problem = problem;
    this.#fix = fix;
  }

  override eq(other: ProblemLine): boolean {
    return other.#problem.message === this.#problem.message && other.#fix?.from === this.#fix?.from;
  }

  toDOM(view: EditorView): HTMLElement {
    const line = document.createElement('div');
    line.className = `cm-problem-line ${this.#problem.severity}`;
    const words = line.appendChild(document.createElement('span'));
    for (const { text, isCode } of codeParts(sentence(this.#problem.message)))
      words.appendChild(document.createElement(isCode ? 'code' : 'span')).textContent = text;
    if (this.#fix !== null) {
      const button = line.appendChild(document.createElement('button'));
      button.type = 'button';
      button.textContent = this.#fix.label;
      button.addEventListener('click', () => applyFix(view, this.#problem));
      line.appendChild(document.createElement('kbd')).textContent = 'Ctrl .';
    }
    return line;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

class Sign extends GutterMarker {
  readonly #severity: Problem['severity'];

  constructor(severity: Problem['severity']) {
    super();
    this.#severity = severity;
  }

  override eq(other: Sign): boolean {
    return other.#severity === this.#severity;
  }

  override toDOM(): Node {
    return this.#severity === 'error' ? icon('problem', 'c-fail') : icon('warn', 'c-warn');
  }
}

function shown(state: EditorState, problems: readonly Problem[], inline: ReadonlySet<string>): Shown {
  const text = state.doc.toString();
  const ranges: Range<Decoration>[] = [];
  const withFix = problems.map((problem) => ({ problem, fix: fixOf(problem, text) }));
  for (const { problem, fix } of withFix) {
    const { from, to } = spanOf(problem, text);
    if (to > from)
      ranges.push(
        Decoration.mark({ class: `cm-problem ${problem.severity}`, severity: problem.severity }).range(
          from,
          Math.min(to, text.length),
        ),
      );
    if (!inline.has(problem.message)) continue;
    const end = state.doc.lineAt(Math.min(from, text.length)).to;
    ranges.push(Decoration.widget({ widget: new ProblemLine(problem, fix), block: true, side: 1 }).range(end));
  }
  return { problems: withFix, decorations: Decoration.set(ranges, true), inline };
}

const field = StateField.define<Shown>({
  create: () => ({ problems: [], decorations: Decoration.none, inline: new Set() }),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setProblems)) continue;
      const { list, isInline } = effect.value;
      const inline = list.map(({ message }) => message).filter((message) => isInline || value.inline.has(message));
      return shown(transaction.state, list, new Set(inline));
    }
    return transaction.docChanged ? { ...value, decorations: value.decorations.map(transaction.changes) } : value;
  },
  provide: (self) => EditorView.decorations.from(self, ({ decorations }) => decorations),
});

/** Mends a Problem, where its fix still fits the text. */
function applyFix(view: EditorView, problem: Problem): boolean {
  const fix = fixOf(problem, view.state.doc.toString());
  if (fix === null) return false;
  view.dispatch({
    changes: { from: fix.from, to: fix.to, insert: fix.insert },
    selection: { anchor: fix.from + fix.insert.length },
    userEvent: 'input.fix',
    scrollIntoView: true,
  });
  view.focus();
  return true;
}

/** `Ctrl .`: the fix on the cursor's line, else the first there is. */
export function fixNearest(view: EditorView): boolean {
  const fixable = view.state.field(field).problems.filter(({ fix }) => fix !== null);
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  const nearest = fixable.find(({ problem }) => problem.line === line) ?? fixable[0];
  return nearest !== undefined && applyFix(view, nearest.problem);
}

/** `F8` and `Shift F8`: to the next Problem, round and round. */
export function goToProblem(view: EditorView, step: 1 | -1): boolean {
  const text = view.state.doc.toString();
  const places = view.state
    .field(field)
    .problems.map(({ problem }) => spanOf(problem, text).from)
    .sort((a, b) => a - b);
  const head = view.state.selection.main.head;
  const target =
    step === 1 ? (places.find((at) => at > head) ?? places[0]) : (places.findLast((at) => at < head) ?? places.at(-1));
  if (target === undefined) return false;
  view.dispatch({ selection: { anchor: target }, effects: EditorView.scrollIntoView(target, { y: 'center' }) });
  return true;
}

const theme = EditorView.theme({
  '.cm-problem': { textDecoration: 'underline wavy 1px', textUnderlineOffset: '3px', textDecorationSkipInk: 'none' },
  '.cm-problem.error': { textDecorationColor: 'var(--fail)' },
  '.cm-problem.warning': { textDecorationColor: 'var(--warn)' },
  // The sentence is as wide as what can be seen, however long the lines are, and stays there when they are scrolled.
  '.cm-scroller': { containerType: 'inline-size' },
  '.cm-problem-line': {
    position: 'sticky',
    left: '60px',
    width: 'calc(100cqw - 76px)',
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    boxSizing: 'border-box',
    margin: '0 0 0 4px',
    padding: '4px 8px',
    borderLeft: '2px solid var(--fail)',
    borderRadius: '0 var(--r-4) var(--r-4) 0',
    background: 'var(--fail-soft)',
    font: 'var(--t-12)',
    color: 'var(--text)',
    cursor: 'default',
  },
  '.cm-problem-line > span': { flex: '1', whiteSpace: 'normal' },
  '.cm-problem-line.warning': { borderLeftColor: 'var(--warn-mark)', background: 'var(--warn-soft)' },
  '.cm-problem-line code': { font: '11.5px/16px var(--mono)' },
  '.cm-problem-line button': {
    flex: 'none',
    height: '24px',
    padding: '0 8px',
    font: '500 12px/16px var(--sans)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--r-6)',
    background: 'var(--raised)',
  },
  '.cm-problem-line kbd': {
    flex: 'none',
    font: '500 11px/16px var(--sans)',
    color: 'var(--text-2)',
    padding: '0 4px',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--r-4)',
    background: 'var(--surface)',
  },
  '.cm-signs': { width: '20px' },
  '.cm-signs .cm-gutterElement': { display: 'grid', placeItems: 'center', height: '20px' },
  '.cm-icon': {
    fill: 'none',
    stroke: 'currentColor',
    strokeWidth: '1.5',
    strokeLinecap: 'round',
    strokeLinejoin: 'round',
  },
});

/** Problems in the gutter, under the word and below the line. */
export const problems = [
  field,
  gutter({
    class: 'cm-signs',
    lineMarker(view, line) {
      // By the marks, which have moved with the text since it was checked; the Problems' own line numbers have not.
      const found = new Set<string>();
      view.state.field(field).decorations.between(line.from, line.to, (from, _to, { spec }) => {
        const { severity } = spec as { severity?: Problem['severity'] };
        if (severity !== undefined && from >= line.from) found.add(severity);
      });
      return found.size === 0 ? null : new Sign(found.has('error') ? 'error' : 'warning');
    },
    lineMarkerChange: (update) => update.docChanged || update.transactions.some(({ effects }) => effects.length > 0),
  }),
  theme,
];
