import type { App } from './app.svelte.ts';
import { formatAddress, NO_FILTERS } from './address.ts';
import { jobAddress } from './job-words.ts';

/** After a G, this long for the letter that says where. */
const SECOND_KEY_MS = 1_000;

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys that work wherever the focus is (shortcuts.ts lists them). Single letters are off while text is edited. Returns stop. */
export function listenToKeys(app: App): () => void {
  let goAt = -Infinity;

  const letter = (event: KeyboardEvent): boolean => {
    const job = app.jobs.byId.get(focusedJob() ?? app.jobs.chosen ?? '');
    const isGo = event.timeStamp - goAt < SECOND_KEY_MS;
    goAt = event.key === 'g' ? event.timeStamp : -Infinity;
    if (isGo && event.key === 'q') app.route.go({ view: 'queue' });
    else if (isGo && event.key === 'h') app.route.go({ view: 'history', filters: NO_FILTERS });
    else if (event.key === '/') focusOn('[data-filter]');
    else if (event.key === '?') app.dialogs.open = 'keys';
    else if (!job) return false;
    else if (event.key === 'n') app.runNext(job);
    else if (event.key === 'l') location.hash = jobAddress(job);
    else if (event.key === 'e') location.hash = formatAddress({ view: 'edit', path: job.file, template: null });
    else if (event.key === ' ' && isOnJobOrNothing()) {
      void (job.pause?.by === 'window' ? app.commands.resume(job.id) : app.commands.pause(job.id, null));
    } else return false;
    return true;
  };

  const onkeydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const isMod = event.ctrlKey || event.metaKey;
    if (isMod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
      app.dialogs.openPalette();
      event.preventDefault();
    } else if (app.dialogs.open !== null) return;
    else if (event.key === 'F6') {
      goRound(event.shiftKey ? -1 : 1);
      event.preventDefault();
    } else if (!isMod && !event.altKey && !isText(event.target) && letter(event)) event.preventDefault();
  };
  addEventListener('keydown', onkeydown);
  return () => removeEventListener('keydown', onkeydown);
}

const focusOn = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

/** The job whose row has the focus; it comes before the one that was chosen. */
function focusedJob(): string | undefined {
  return document.activeElement?.closest<HTMLElement>('[data-job]')?.dataset['job'];
}

/** Space on a button presses it; only a job's own row, or nothing, leaves it to the job. */
function isOnJobOrNothing(): boolean {
  const active = document.activeElement;
  return active === null || active === document.body || active.matches('[data-job]');
}

/** Header, filter, jobs, main area: four parts, in the order of the focus. */
function goRound(by: 1 | -1): void {
  const parts = ['header', '[data-filter]', 'nav[data-typing]', 'main'].flatMap((selector) => {
    const part = document.querySelector<HTMLElement>(selector);
    return part ? [part] : [];
  });
  const here = parts.findIndex((part) => part.contains(document.activeElement));
  const next = parts[(here + by + parts.length) % parts.length];
  const inside = next?.querySelector<HTMLElement>('[data-row][tabindex="0"], a[href], button, input, [tabindex="0"]');
  (next?.matches('input') ? next : (inside ?? next))?.focus();
}
