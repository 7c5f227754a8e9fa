import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { EditorState, Extension } from '@codemirror/state';
import { EditorView, hoverTooltip } from '@codemirror/view';
import { codeParts } from '../../state/editor-fix.ts';
import { helpAt, keysAt, shapesAt, valuesAt, type KeyHelp, type Schema } from './schema.ts';
import { pathOfKey, placeAt } from './yaml-path.ts';

const linesOf = (state: EditorState): string[] => state.doc.toString().split('\n');

/** What may be written at the cursor, from the schema: keys that are not there yet, or the words a value may be. */
export function complete(schema: Schema, context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  if (/(^|\s)#/.test(before)) return null;
  const lines = linesOf(context.state);
  const place = placeAt(lines, line.number - 1, context.pos - line.from);
  const from = line.from + place.wordFrom;
  if (!context.explicit && from === context.pos) return null;
  if (place.key !== null) {
    const options = valuesAt(schema, [...place.path, place.key]).map((value, index) => ({
      label: value,
      type: 'enum',
      boost: -index / 100,
    }));
    return options.length === 0 ? null : { from, options, validFor: /^[\w-]*$/ };
  }
  const known = new Set(place.siblings);
  const word = before.slice(place.wordFrom);
  const isFlow = /[{,]\s*$/.test(before.slice(0, place.wordFrom));
  const options: Completion[] = keysAt(schema, place.path)
    .filter(({ key }) => !known.has(key) || key === word)
    .map((help, index) => ({
      label: help.key,
      type: 'property',
      detail: help.kind.length > 28 ? `${help.kind.slice(0, 27)}…` : help.kind,
      info: () => describe(help),
      apply: help.key + suffix(schema, [...place.path, help.key], isFlow),
      // The schema's own order, which goes from what everybody needs to what few do.
      boost: -index / 100,
    }));
  return options.length === 0 ? null : { from, options, validFor: /^[\w-]*$/ };
}

/** A map or list goes on in the next line, everything else in this one. */
function suffix(schema: Schema, path: string[], isFlow: boolean): string {
  const types = shapesAt(schema, path).flatMap(({ type }) => (typeof type === 'string' ? [type] : (type ?? [])));
  const isBlock = types.length > 0 && types.every((type) => type === 'object' || type === 'array');
  return isBlock && !isFlow ? ':' : ': ';
}

/** The key's name, what it takes and what it is for. */
function describe({ key, kind, description, isRequired }: KeyHelp): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-key-help';
  const head = box.appendChild(document.createElement('div'));
  head.appendChild(document.createElement('code')).textContent = key;
  head.appendChild(document.createElement('span')).textContent = isRequired ? `${kind}, required` : kind;
  const words = box.appendChild(document.createElement('p'));
  for (const { text, isCode } of codeParts(description))
    words.appendChild(document.createElement(isCode ? 'code' : 'span')).textContent = text;
  return box;
}

/** Completion and hover from one schema. */
export function schemaHelp(schema: Schema): Extension {
  return [
    autocompletion({ override: [(context) => complete(schema, context)], icons: false, maxRenderedOptions: 60 }),
    hoverTooltip((view, pos) => {
      const line = view.state.doc.lineAt(pos);
      const path = pathOfKey(linesOf(view.state), line.number - 1, pos - line.from);
      const help = path === null ? undefined : helpAt(schema, path);
      if (help === undefined) return null;
      const word = view.state.wordAt(pos);
      return { pos: word?.from ?? pos, end: word?.to ?? pos, above: true, create: () => ({ dom: describe(help) }) };
    }),
    EditorView.theme({
      '.cm-tooltip-autocomplete > ul': { font: 'var(--m-12)', maxHeight: '228px', padding: '4px' },
      '.cm-tooltip-autocomplete > ul > li': {
        display: 'flex',
        gap: '16px',
        padding: '2px 8px',
        borderRadius: 'var(--r-4)',
        alignItems: 'baseline',
      },
      '.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--selected)', color: 'var(--text)' },
      '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '500' },
      '.cm-completionDetail': { marginLeft: 'auto', font: 'var(--t-11)', fontStyle: 'normal', color: 'var(--text-3)' },
      '.cm-tooltip.cm-completionInfo': { padding: '0', width: '320px', marginLeft: '6px' },
      '.cm-key-help': { maxWidth: '360px', padding: '8px 12px' },
      '.cm-key-help > div': { display: 'flex', gap: '8px', alignItems: 'baseline', marginBottom: '4px' },
      '.cm-key-help code': { font: '500 11.5px/16px var(--mono)' },
      '.cm-key-help > div > span': { font: 'var(--t-11)', color: 'var(--text-3)' },
      '.cm-key-help p': { color: 'var(--text-2)', margin: '0', whiteSpace: 'normal' },
    }),
  ];
}
