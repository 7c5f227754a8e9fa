import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';

type FileHandlers = Pick<Handlers, Extract<keyof Handlers, `files.${string}`>>;

/** The jobs home as a table of texts, in which every text is valid. */
export function fileHandlers(files: Map<string, string>): FileHandlers {
  return {
    'files.read': ({ path: file }) => {
      const text = files.get(file);
      if (text === undefined) throw new Failure('no-such-file', `There is no file ${file} in the jobs home.`);
      return { path: file, text, version: String(text.length), problems: [] };
    },
    'files.check': () => ({
      problems: [],
      nextDueAt: [],
      groups: [],
      handlers: [],
      schedules: [],
      after: [],
      startRules: [],
      timezone: 'Europe/Berlin',
    }),
    'files.save': ({ path: file, text }) => {
      files.set(file, text);
      return { path: file, text, version: String(text.length), problems: [] };
    },
    'files.trash': ({ path: file }) => {
      files.delete(file);
      return { to: '.trash' };
    },
    'files.open': () => ({}),
    'files.reveal': () => ({}),
    'files.schema': () => ({}),
  };
}
