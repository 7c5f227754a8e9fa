import type { IconName } from './icon-name.ts';

/** A line of a menu; one with `isOn` is a choice that stays, and leaves the menu open. */
export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName | undefined;
  /** At the end of the line, quiet. */
  readonly meta?: string;
  readonly isOn?: boolean;
  readonly isDanger?: boolean;
  readonly run: () => unknown;
}
