import { net, powerMonitor, powerSaveBlocker, type Event } from 'electron';
import type { Machine } from '../scheduler/machine.ts';

export interface PowerPorts {
  /** The machine woke up, was plugged in, or somebody is back: what waited for that goes on now, not with the next tick. */
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
  powerMonitor.on('on-ac', onWake);
  powerMonitor.on('shutdown', shutdown);
  return () => {
    powerMonitor.off('resume', onWake);
    powerMonitor.off('unlock-screen', onWake);
    powerMonitor.off('on-ac', onWake);
    powerMonitor.off('shutdown', shutdown);
  };
}

/** What the desktop can tell of the machine, for `when`, and how it keeps it awake; once the application is ready. */
export function desktopMachine(): Machine {
  return {
    power: () => (powerMonitor.isOnBatteryPower() ? 'battery' : 'ac'),
    // Under Wayland nobody sees the input of other windows: what is told there is no idle time.
    idleMs: () => (process.env['XDG_SESSION_TYPE'] === 'wayland' ? null : powerMonitor.getSystemIdleTime() * 1_000),
    isOnline: () => net.isOnline(),
    keepAwake: () => {
      const id = powerSaveBlocker.start('prevent-app-suspension');
      return () => void powerSaveBlocker.stop(id);
    },
  };
}
