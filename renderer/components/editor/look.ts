import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Our tokens in CodeMirror's words. Both themes at once: the tokens know which one it is. */
const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--log)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'var(--m-125)', fontVariantLigatures: 'none', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 16px 0 4px' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '2px solid var(--accent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 22%, transparent)',
  },
  '.cm-gutters': { backgroundColor: 'var(--log)', color: 'var(--text-3)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 12px 0 0', minWidth: '36px' },
  '.cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)', color: 'var(--text)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { background: 'var(--selected)', outline: '0' },
  '.cm-searchMatch': { background: 'var(--find)', color: 'var(--text)' },
  '.cm-searchMatch-selected': { background: 'var(--find-now)', color: '#1E1C19' },
  '.cm-selectionMatch': { background: 'var(--selected)' },
  '.cm-tooltip': {
    border: '0',
    borderRadius: 'var(--r-8)',
    background: 'var(--overlay)',
    boxShadow: 'var(--shadow-2)',
    font: 'var(--t-12)',
    color: 'var(--text)',
    overflow: 'hidden',
  },
  '.cm-panels': { background: 'var(--surface)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { font: 'var(--t-12)', padding: '6px 12px' },
  '.cm-textfield': {
    font: 'var(--t-12)',
    background: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--r-6)',
    padding: '3px 6px',
  },
  '.cm-button': {
    font: '500 12px/16px var(--sans)',
    background: 'var(--raised)',
    backgroundImage: 'none',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--r-6)',
    padding: '3px 8px',
  },
  '.cm-panel.cm-search [name=close]': { color: 'var(--text-2)', fontSize: '16px', right: '8px', top: '4px' },
  '.cm-scalar': { color: 'var(--a-magenta)' },
  // Comparisons: what is new is green, what goes is red; the sign is the side that it stands on and the line's ground.
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--fail-soft)' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': {
    backgroundColor: 'color-mix(in srgb, var(--ok-mark) 16%, transparent)',
  },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': {
    background: 'color-mix(in srgb, var(--fail) 14%, transparent)',
  },
  '&.cm-merge-b .cm-changedText': { background: 'color-mix(in srgb, var(--ok-mark) 20%, transparent)' },
  '&.cm-merge-a .cm-changedLineGutter': { background: 'var(--fail)' },
  '&.cm-merge-b .cm-changedLineGutter': { background: 'var(--ok-mark)' },
  // CodeMirror's own signs are not in our font.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"…"' },
  '.cm-collapsedLines': {
    background: 'var(--surface)',
    backgroundImage: 'none',
    color: 'var(--text-3)',
    font: 'var(--t-12)',
    padding: '4px 16px',
  },
});

const highlight = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--a-blue)' },
  { tag: [tags.string, tags.special(tags.string), tags.attributeValue], color: 'var(--a-green)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--a-magenta)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--text-3)' },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace, tags.meta], color: 'var(--text-3)' },
  { tag: [tags.labelName, tags.typeName, tags.keyword], color: 'var(--a-cyan)' },
]);

/** Numbers, durations, sizes and truth values: to the grammar they are words like any other. */
const scalars = new MatchDecorator({
  regexp: /(?<=[:,[-]\s+|\[)(?:\d+(?:\.\d+)?[a-zA-Z]{0,2}|true|false|null)(?=\s*(?:[,}\]]|\s#|$))/g,
  decorate: (add, from, to, _match, view) => {
    if (syntaxTree(view.state).resolveInner(from, 1).name === 'Literal')
      add(from, to, Decoration.mark({ class: 'cm-scalar' }));
  },
});

const scalarColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = scalars.createDeco(view);
    }
    update(update: ViewUpdate): void {
      // The tree grows after the text is there, so what it says is asked for again then.
      const isNew = syntaxTree(update.startState) !== syntaxTree(update.state);
      this.decorations = isNew ? scalars.createDeco(update.view) : scalars.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** YAML as it looks here, with line numbers. */
export const look: Extension = [theme, syntaxHighlighting(highlight), scalarColours, yaml(), lineNumbers()];
