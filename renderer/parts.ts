import { whenIdle } from './components/when-idle.ts';
import { Part } from './state/part.ts';

/** What the window begins with is the frame and the queue; these are all its other files but those of the editor and the terminal. */
export const parts = {
  /** Until it is there, what the host says is taken as it comes: this page has just come from it. */
  contract: new Part(() => import('./client/contract.ts')),
  history: new Part(() => import('./views/History.svelte')),
  run: new Part(() => import('./views/Run.svelte')),
  edit: new Part(() => import('./views/Editor.svelte')),
  settings: new Part(() => import('./views/Settings.svelte')),
  firstRun: new Part(() => import('./components/frame/FirstRun.svelte')),
  menu: new Part(() => import('./components/MenuList.svelte')),
  jobMenu: new Part(() => import('./components/frame/JobMenu.svelte')),
  occurrences: new Part(() => import('./components/queue/OccurrencePopover.svelte')),
  palette: new Part(() => import('./components/palette/PaletteDialog.svelte')),
  keys: new Part(() => import('./components/frame/CheatSheet.svelte')),
  runDialog: new Part(() => import('./components/frame/RunDialog.svelte')),
  secretDialog: new Part(() => import('./components/secrets/SecretDialog.svelte')),
};
export type Parts = typeof parts;

/** One after another while the page has nothing else to do, so that a click finds them there. Returns stop. */
export function loadWhenIdle(all: readonly Part<unknown>[]): () => void {
  let isStopped = false;
  void (async () => {
    for (const part of all) {
      await new Promise<void>((resolve) => void whenIdle(resolve));
      if (isStopped) return;
      await part.load();
    }
  })();
  return () => (isStopped = true);
}
