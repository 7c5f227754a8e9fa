import type { RunDetail, TaskStats } from '../../electron/api/api.ts';

/** What decides which panes a run has. */
export type Shown = { readonly run: RunDetail; readonly stats: readonly TaskStats[] };

type Entry = { readonly pane: string; label(shown: Shown): string; isThere(shown: Shown): boolean };

const always = () => true;

/**
 * What may stand under a run's plan, in the order of its tabs. A new pane is an entry here and a branch in RunPage.svelte; where
 * the tabs have no room for all, the last ones go into a menu.
 */
const PANES = [
  { pane: 'log', label: () => 'Log', isThere: always },
  {
    pane: 'pipelines',
    label: ({ run }) => (run.pipelines.length > 1 ? 'Pipelines' : 'Pipeline'),
    isThere: ({ run }) => run.pipelines.length > 0,
  },
  { pane: 'details', label: () => 'Attempts', isThere: always },
  { pane: 'environment', label: () => 'Environment', isThere: always },
  { pane: 'artifacts', label: () => 'Artifacts', isThere: always },
  { pane: 'usage', label: () => 'Usage', isThere: ({ stats }) => stats.length > 0 },
  { pane: 'shell', label: () => 'Shell', isThere: ({ run }) => run.kept.length > 0 },
  { pane: 'definition', label: () => 'Definition', isThere: always },
  {
    pane: 'compare',
    label: ({ run }) => `Compare with #${run.previous?.number ?? ''}`,
    isThere: ({ run }) => run.previous !== null,
  },
] as const satisfies readonly Entry[];

export type Pane = (typeof PANES)[number]['pane'];
export type Tab = { readonly pane: Pane; readonly label: string };

/** The chosen one stays among them: what somebody reads does not go away under him. */
export function tabsOf(shown: Shown, chosen: Pane): Tab[] {
  return PANES.filter((entry) => entry.pane === chosen || entry.isThere(shown)).map(({ pane, label }) => ({
    pane,
    label: label(shown),
  }));
}
