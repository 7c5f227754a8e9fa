import { powerMonitor, type Event } from 'electron';

export interface PowerPorts {
  /** The machine woke up, or somebody is back: what was missed is to be looked at now, not with the next tick. */
  onWake(): void;
  /** It goes down, or the user logs off. */
  onShutdown(): void;
}

/** Listens to the machine's sleep and end; returns what ends it. Available once the application is ready. */
export function watchPower({ onWake, onShutdown }: PowerPorts): () => void {
  // Electron's types leave the event out; preventDefault is what makes the system wait for us, for a few seconds.
  const shutdown = (event?: Event) => {
    event?.preventDefault();
    onShutdown();
  };
  powerMonitor.on('resume', onWake);
  powerMonitor.on('unlock-screen', onWake);
  powerMonitor.on('shutdown', shutdown);
  return () => {
    powerMonitor.off('resume', onWake);
    powerMonitor.off('unlock-screen', onWake);
    powerMonitor.off('shutdown', shutdown);
  };
}
