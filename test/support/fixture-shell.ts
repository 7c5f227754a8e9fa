import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';

type ShellHandlers = Pick<
  Handlers,
  'kept.remove' | 'shell.open' | 'shell.read' | 'shell.write' | 'shell.resize' | 'shell.close'
>;

const PROMPT = '\x1b[1;32mroot@4f1c\x1b[0m:\x1b[1;34m/workspace\x1b[0m# ';

/** A shell that knows three commands, and shows what is typed as a terminal does. */
export function shellHandlers(grew: (shell: number) => void): ShellHandlers {
  let text = '';
  let line = '';
  let ended: string | null = null;
  const show = (more: string): void => {
    text += more;
    grew(1);
  };
  const run = (command: string): void => {
    if (command === 'ls') show('Dockerfile  extract.py  \x1b[1;34mout\x1b[0m  requirements.txt\r\n');
    else if (command === 'title') show('\x1b]0;Not ours\x07\x1b]52;c;c2VjcmV0\x07titled\r\n');
    else if (command === 'exit') ended = 'The shell has ended.';
    else if (command !== '') show(`sh: ${command}: not found\r\n`);
    show(ended === null ? PROMPT : 'exit\r\n');
  };
  return {
    'kept.remove': () => {
      ended = 'The container was removed.';
      grew(1);
      return {};
    },
    'shell.open': () => {
      text = '';
      line = '';
      ended = null;
      show(PROMPT);
      return { shell: 1 };
    },
    'shell.read': ({ shell, from }) => {
      if (shell !== 1) throw new Failure('no-such-shell', 'This shell is closed; open another.');
      return { from, text: text.slice(from), ended };
    },
    'shell.write': ({ text: typed }) => {
      for (const letter of typed) {
        if (letter === '\r') {
          show('\r\n');
          run(line);
          line = '';
        } else {
          line += letter;
          show(letter);
        }
      }
      return {};
    },
    'shell.resize': () => ({}),
    'shell.close': () => ({}),
  };
}
