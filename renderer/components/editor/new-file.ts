import type { App } from '../../state/app.svelte.ts';
import { Drafts } from '../../state/editor-drafts.ts';
import { EditorFiles } from '../../state/editor.svelte.ts';

/** Why a path cannot be a new job file's, as a sentence; null where it can. The host judges again when it is saved. */
export function pathProblem(path: string, files: readonly string[]): string | null {
  if (!/\.ya?ml$/i.test(path)) return 'The name ends in .yml or .yaml.';
  if (/^\/|\\|(^|\/)\.{1,2}(\/|$)|\/\//.test(path))
    return 'A path below the jobs home: folders and a name, with / between them.';
  if (/[#\p{Cc}]/u.test(path)) return 'The name must not contain # or control characters: it becomes the job’s id.';
  const stem = (file: string): string => file.replace(/\.ya?ml$/i, '').toLowerCase();
  if (stem(path).split('/').at(-1) === '') return 'The file needs a name before .yml.';
  const taken = files.find((file) => stem(file) === stem(path));
  return taken === undefined ? null : `${taken} exists already.`;
}

// By window, so that text, cursor and undo outlive the view.
const opened = new WeakMap<App, EditorFiles>();

/** The files that this window has open. */
export function filesOf(app: App): EditorFiles {
  let files = opened.get(app);
  if (files === undefined)
    opened.set(app, (files = new EditorFiles(app.backend, new Drafts(localStorage), () => app.now.at)));
  return files;
}

/** What a file that is not there yet begins with: a template's text. */
export const beginning = {
  set: (app: App, path: string, text: string): void => filesOf(app).open(path).begin(text),
};
