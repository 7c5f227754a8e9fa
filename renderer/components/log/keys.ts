import type { LogView } from '../../state/log.svelte.ts';
import { LINE_PX } from '../../state/log-window.ts';

export interface LogActions {
  copy(withTimes: boolean): void;
  find(): void;
  firstError(): void;
}

/** True while keys are text: single letters are off then. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input, textarea, select, dialog *, [role=dialog] *, [role=menu] *'));

/**
 * What a key does to the log. Twice: `isInside` for keys that the lines have while they have the focus, else for those that work
 * wherever one is on the page.
 */
export function logKey(
  event: KeyboardEvent,
  log: LogView,
  lines: HTMLElement | undefined,
  act: LogActions,
  isInside: boolean,
): void {
  if (event.defaultPrevented || event.altKey) return;
  const isMod = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const done = isInside ? inside(key, isMod, event.shiftKey, log, act) : anywhere(key, isMod, event, log, lines, act);
  if (done) event.preventDefault();
}

function inside(key: string, isMod: boolean, isShift: boolean, log: LogView, act: LogActions): boolean {
  if (isMod && key === 'a') return (log.marks.markAll(), true);
  if (isMod && key === 'c') return (act.copy(isShift), true);
  switch (key) {
    case 'ArrowUp':
      return (log.scrollBy(-LINE_PX), true);
    case 'ArrowDown':
      return (log.scrollBy(LINE_PX), true);
    case 'PageUp':
      return (log.pages(-1), true);
    case 'PageDown':
      return (log.pages(1), true);
    case 'Home':
      return (log.home(), true);
    case 'End':
      return (log.end(), true);
    case 'Escape':
      return log.marks.selection === null ? false : (log.marks.unmark(), true);
    default:
      return false;
  }
}

function anywhere(
  key: string,
  isMod: boolean,
  event: KeyboardEvent,
  log: LogView,
  lines: HTMLElement | undefined,
  act: LogActions,
): boolean {
  if (isMod && key === 'f') return (act.find(), true);
  if (isMod && event.shiftKey && key === 'e') return (act.firstError(), true);
  if (isMod || isTyping(event.target)) return false;
  if (key === 'w') return (log.wrap(!log.isWrapped), true);
  if (key === 'End' && event.target === document.body) return (lines?.focus(), log.end(), true);
  return false;
}
