import { formatAddress, parseAddress, type Address } from './address.ts';

/** Where the window is. The address bar is the truth: back, forward and a link all work. */
export class Route {
  current: Address = $state.raw(parseAddress(location.hash));

  /** Returns stop. */
  start(): () => void {
    const read = () => (this.current = parseAddress(location.hash));
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  go(address: Address): void {
    const hash = formatAddress(address);
    if (hash !== location.hash) location.hash = hash;
  }

  /** Stays on the page of the browser's history: for filters and chosen tasks. */
  replace(address: Address): void {
    history.replaceState(null, '', formatAddress(address));
    this.current = address;
  }
}
