import type { Attachment } from 'svelte/attachments';

/** Typed letters belong together this long. */
const TYPING_MS = 700;

/**
 * Makes a list one tab stop: arrows, Home and End move between its rows (`data-row`), letters jump to a name (`data-name`), and the
 * right arrow goes on to a row's own buttons (`data-act`), which are no tab stops. Rows come and go; the place is kept.
 */
export function roving(): Attachment<HTMLElement> {
  return (list) => {
    let typed = '';
    let typedAt = 0;
    const rows = () => [...list.querySelectorAll<HTMLElement>('[data-row]')];
    const choose = (row: HTMLElement | undefined) => {
      if (!row) return;
      row.focus();
      row.scrollIntoView({ block: 'nearest' });
    };
    const settle = () => {
      const all = rows();
      const current =
        all.find((row) => row.contains(document.activeElement)) ?? all.find((row) => row.tabIndex === 0) ?? all[0];
      for (const row of all) setTabIndex(row, row === current ? 0 : -1);
      for (const act of list.querySelectorAll<HTMLElement>('[data-act]')) setTabIndex(act, -1);
    };
    const onkeydown = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const holder = target.closest<HTMLElement>('[data-item]') ?? target;
      const all = rows();
      const index = all.findIndex((row) => holder.contains(row));
      if (index < 0) return;
      const acts = [all[index]!, ...holder.querySelectorAll<HTMLElement>('[data-act]')];
      const next: Record<string, HTMLElement | undefined> = {
        ArrowDown: all[index + 1],
        ArrowUp: all[index - 1],
        Home: all[0],
        End: all.at(-1),
        ArrowRight: acts[acts.indexOf(target) + 1],
        ArrowLeft: acts[acts.indexOf(target) - 1],
      };
      if (Object.hasOwn(next, event.key)) {
        event.preventDefault();
        choose(next[event.key]);
      } else if (/^[a-z0-9]$/i.test(event.key) && list.dataset['typing'] !== undefined) {
        typed = event.timeStamp - typedAt < TYPING_MS ? typed + event.key.toLowerCase() : event.key.toLowerCase();
        typedAt = event.timeStamp;
        choose(all.find((row) => row.dataset['name']?.toLowerCase().startsWith(typed)));
      }
    };
    const observer = new MutationObserver(settle);
    observer.observe(list, { childList: true, subtree: true });
    list.addEventListener('focusin', settle);
    list.addEventListener('keydown', onkeydown);
    settle();
    return () => {
      observer.disconnect();
      list.removeEventListener('focusin', settle);
      list.removeEventListener('keydown', onkeydown);
    };
  };
}

/** Writing what is there already would make the browser look at the row's style again. */
function setTabIndex(element: HTMLElement, index: number): void {
  if (element.getAttribute('tabindex') !== String(index)) element.tabIndex = index;
}
