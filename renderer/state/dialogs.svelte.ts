import type { Job } from '../../electron/api/api.ts';

/** What floats above the window: one thing at a time. */
export class Dialogs {
  open: 'palette' | 'keys' | 'run' | 'secrets' | null = $state(null);
  /** The job whose parameters are asked for. */
  job: Job | null = $state.raw(null);
  /** Those of the run that is to be run again. */
  params: Readonly<Record<string, string>> = $state.raw({});
  /** The secrets whose values are asked for; empty: one whose name is asked for too. */
  secrets: readonly string[] = $state.raw([]);
  /** What the palette begins with. */
  paletteText = $state('');

  openPalette(text = ''): void {
    this.paletteText = text;
    this.open = 'palette';
  }

  askParams(job: Job, params: Readonly<Record<string, string>> = {}): void {
    this.job = job;
    this.params = params;
    this.open = 'run';
  }

  askSecrets(names: readonly string[]): void {
    this.secrets = names;
    this.open = 'secrets';
  }

  close(): void {
    this.open = null;
  }
}
