import type { Job } from '../../electron/api/api.ts';

/** What floats above the window: one thing at a time. */
export class Dialogs {
  open: 'palette' | 'keys' | 'run' | null = $state(null);
  /** The job whose parameters are asked for. */
  job: Job | null = $state.raw(null);
  /** What the palette begins with. */
  paletteText = $state('');

  openPalette(text = ''): void {
    this.paletteText = text;
    this.open = 'palette';
  }

  askParams(job: Job): void {
    this.job = job;
    this.open = 'run';
  }

  close(): void {
    this.open = null;
  }
}
