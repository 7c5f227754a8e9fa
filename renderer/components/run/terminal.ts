import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to give but itself
import '@xterm/xterm/css/xterm.css';
import type { ITheme } from '@xterm/xterm';

/** xterm, as this window has it: a chunk of its own, since few ever open a shell. */
export interface OpenTerminal {
  readonly size: { readonly columns: number; readonly rows: number };
  /** Resolves when it is drawn, so that who writes never runs ahead. */
  write(text: string): Promise<void>;
  focus(): void;
  /** No more is typed into it; what it shows stays. */
  freeze(): void;
  close(): void;
}

/** Each ansi colour, by the token that logs show it with; bright ones are the same, as everywhere in the window. */
const COLOURS: Partial<Record<keyof ITheme, string>> = {
  background: '--log',
  foreground: '--text',
  cursor: '--accent',
  cursorAccent: '--log',
  selectionBackground: '--find',
  black: '--text-3',
  red: '--a-red',
  green: '--a-green',
  yellow: '--a-yellow',
  blue: '--a-blue',
  magenta: '--a-magenta',
  cyan: '--a-cyan',
  white: '--text-2',
  brightBlack: '--a-dim',
  brightRed: '--a-red',
  brightGreen: '--a-green',
  brightYellow: '--a-yellow',
  brightBlue: '--a-blue',
  brightMagenta: '--a-magenta',
  brightCyan: '--a-cyan',
  brightWhite: '--text',
};

export function openTerminal(
  parent: HTMLElement,
  on: { typed: (text: string) => void; resized: (size: OpenTerminal['size']) => void },
): OpenTerminal {
  const terminal = new Terminal({
    fontFamily: getComputedStyle(parent).getPropertyValue('--mono'),
    fontSize: 12.5,
    lineHeight: 1.35,
    scrollback: 10_000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    theme: themeOf(parent),
    // What a container prints opens nothing. Titles and OSC 52, its way to the clipboard, xterm leaves to add-ons.
    linkHandler: { activate: () => {} },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(parent);
  // F6 goes round the parts of the window, also from here: every other key is the shell's.
  terminal.attachCustomKeyEventHandler((event) => event.key !== 'F6');
  fit.fit();

  const size = (): OpenTerminal['size'] => ({ columns: terminal.cols, rows: terminal.rows });
  const subscriptions = [terminal.onData(on.typed), terminal.onResize(() => on.resized(size()))];
  const seen = new ResizeObserver(() => {
    // Hidden behind another pane it has no size, and the shell keeps the one it had.
    if (parent.clientHeight > 0) fit.fit();
  });
  seen.observe(parent);
  const look = (): void => void (terminal.options.theme = themeOf(parent));
  const night = matchMedia('(prefers-color-scheme: dark)');
  night.addEventListener('change', look);
  const chosen = new MutationObserver(look);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });

  return {
    get size() {
      return size();
    },
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    focus: () => terminal.focus(),
    freeze() {
      terminal.options.disableStdin = true;
      terminal.options.cursorBlink = false;
    },
    close() {
      seen.disconnect();
      chosen.disconnect();
      night.removeEventListener('change', look);
      for (const subscription of subscriptions) subscription.dispose();
      terminal.dispose();
    },
  };
}

/** xterm wants colours and no variables; only the browser knows what a token is by day and by night. */
function themeOf(parent: HTMLElement): ITheme {
  const probe = parent.appendChild(document.createElement('i'));
  const theme: Record<string, string> = {};
  for (const [name, token] of Object.entries(COLOURS)) {
    probe.style.color = `var(${token})`;
    theme[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return theme;
}
