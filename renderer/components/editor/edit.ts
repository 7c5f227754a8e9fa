import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import {
  defaultKeymap,
  history,
  historyField,
  historyKeymap,
  indentWithTab,
  isolateHistory,
} from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { MergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, Transaction } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap } from '@codemirror/view';
import { offsetOf, type Problem } from '../../state/editor-fix.ts';
import { schemaHelp } from './help.ts';
import { look } from './look.ts';
import { fixNearest, goToProblem, problems, setProblems } from './problems.ts';
import type { Schema } from './schema.ts';

export interface Editing {
  readonly text: string;
  /** What `state` gave when the file was last shown; undo lives in it. */
  readonly state: unknown;
  readonly schema: Schema;
  readonly label: string;
  readonly onText: (text: string) => void;
  /** Both from 1. */
  readonly onCursor: (line: number, column: number) => void;
  readonly onSave: () => void;
  readonly onSaveAndRun: () => void;
}

export interface OpenEditor {
  /** Replaces what differs, in one step that can be undone; the cursor stays where its text is. */
  setText(text: string): void;
  /** `isInline`: with the sentence below the line also for those that did not have it yet. */
  setProblems(list: readonly Problem[], isInline: boolean): void;
  goTo(line: number, column: number): void;
  fix(): void;
  focus(): void;
  /** Takes it away, and gives the state to come back with. */
  close(): unknown;
}

/** Opens the editor in `parent`. */
export function openEditor(parent: HTMLElement, editing: Editing): OpenEditor {
  const extensions = [
    problems,
    look,
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of('  '),
    search({ top: false }),
    highlightSelectionMatches({ minSelectionLength: 3 }),
    schemaHelp(editing.schema),
    // Editable text takes the focus anyway; said, so that what checks accessibility sees that its scroller can be reached.
    EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': editing.label }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) editing.onText(update.state.doc.toString());
      if (update.docChanged || update.selectionSet) tellCursor(update.state);
    }),
    keymap.of([
      { key: 'Mod-s', run: () => (editing.onSave(), true) },
      { key: 'Mod-Enter', run: () => (editing.onSaveAndRun(), true) },
      { key: 'Mod-.', run: fixNearest },
      { key: 'F8', run: (view) => goToProblem(view, 1), shift: (view) => goToProblem(view, -1) },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      // Esc and then Tab leaves the editor, as CodeMirror has it.
      indentWithTab,
    ]),
  ];
  const tellCursor = (state: EditorState): void => {
    const { head } = state.selection.main;
    const line = state.doc.lineAt(head);
    editing.onCursor(line.number, head - line.from + 1);
  };
  // The old state brings its history; its extensions are those of a view that is gone.
  const old = editing.state as { json: unknown } | null;
  const fields = { history: historyField };
  const kept = old === null ? null : EditorState.fromJSON(old.json, { extensions }, fields);
  const state = kept?.doc.toString() === editing.text ? kept : EditorState.create({ doc: editing.text, extensions });
  const view = new EditorView({ parent, state });
  tellCursor(state);
  return {
    setText: (text) => replaceText(view, text),
    setProblems: (list, isInline) =>
      view.dispatch({ effects: setProblems.of({ list, isInline }), annotations: Transaction.addToHistory.of(false) }),
    goTo(line, column) {
      const at = offsetOf(view.state.doc.toString(), line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      view.focus();
    },
    fix: () => void fixNearest(view),
    focus: () => view.focus(),
    close() {
      const json: unknown = view.state.toJSON(fields);
      view.destroy();
      return { json };
    },
  };
}

/** Only the part between what both texts begin and end with, so that cursor and undo keep their meaning. */
function replaceText(view: EditorView, text: string): void {
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0;
  while (from < old.length && from < text.length && old[from] === text[from]) from++;
  let end = 0;
  while (end < old.length - from && end < text.length - from && old.at(-1 - end) === text.at(-1 - end)) end++;
  view.dispatch({
    changes: { from, to: old.length - end, insert: text.slice(from, text.length - end) },
    // One step of undo by itself, however soon after a key it comes.
    annotations: isolateHistory.of('full'),
  });
}

export interface OpenComparison {
  /** The text of the right side as it is now. */
  text(): string;
  close(): void;
}

/** The disk's text on the left, the draft on the right: each difference can be taken over, and the right side be edited. */
export function openComparison(parent: HTMLElement, disk: string, draft: string): OpenComparison {
  const fixed = [EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.lineWrapping];
  const view = new MergeView({
    parent,
    a: { doc: disk, extensions: [look, ...fixed, EditorView.contentAttributes.of({ 'aria-label': 'On disk' })] },
    b: {
      doc: draft,
      extensions: [
        look,
        history(),
        drawSelection(),
        EditorView.lineWrapping,
        keymap.of([...historyKeymap, ...defaultKeymap]),
        EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': 'Your draft' }),
      ],
    },
    revertControls: 'a-to-b',
    renderRevertControl() {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'take';
      button.textContent = '→';
      button.title = 'Take this part from the disk';
      button.setAttribute('aria-label', button.title);
      // MergeView listens to the mouse alone; a click without one comes from the keyboard.
      button.addEventListener('click', (event) => {
        if (event.detail === 0) button.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
      });
      return button;
    },
  });
  return { text: () => view.b.state.doc.toString(), close: () => view.destroy() };
}
