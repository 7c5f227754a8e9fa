import { MergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { look } from './look.ts';

/** Text that can be read, marked and copied, and not changed; the keyboard reaches it. */
const readOnly = (label: string): Extension => [
  look,
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': label }),
];

/** Shows YAML in `parent`. Returns what takes it away again. */
export function showText(parent: HTMLElement, text: string, label: string): () => void {
  const view = new EditorView({ parent, doc: text, extensions: readOnly(label) });
  return () => view.destroy();
}

/** Shows two texts side by side with what differs; lines that are alike far and wide are folded. */
export function showDifference(
  parent: HTMLElement,
  before: { text: string; label: string },
  after: { text: string; label: string },
): () => void {
  const view = new MergeView({
    parent,
    a: { doc: before.text, extensions: [readOnly(before.label), EditorView.lineWrapping] },
    b: { doc: after.text, extensions: [readOnly(after.label), EditorView.lineWrapping] },
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
  return () => view.destroy();
}
