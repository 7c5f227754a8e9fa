// oxlint-disable-next-line import/no-unassigned-import -- it sets what is set once for the process
import '../bin/v8-settings.js';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { app, dialog, Menu } from 'electron';
import { openBugLog } from './bug-log.ts';
import { findPlaces } from './cli/places.ts';
import { onStop } from './cli/stop-signals.ts';
import { registerAppScheme } from './desktop/app-scheme.ts';
import { Desktop } from './desktop/desktop.ts';
import { claimDesktop, watchLaunches } from './desktop/single-instance.ts';
import { findProgramFolder, versionOf } from './program.ts';
import { messageOf } from './scheduler/failure.ts';
import { readJobsHome } from './scheduler/store/bound-home.ts';

/**
 * Electron's main process. With a command of the command line (`nightjar runs`) it is that, before there is a window; else it is
 * the desktop. Composition only: what the desktop does is in desktop/.
 */
const programFolder = findProgramFolder();
const version = versionOf(programFolder);
const { values, positionals } = parseArgs({
  args: process.argv.slice(1),
  strict: false,
  allowPositionals: true,
  options: {
    home: { type: 'string' },
    data: { type: 'string' },
    hidden: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' },
  },
});
// An Electron that is not ours, in a checkout, is told first which application to run.
const words = process.defaultApp ? positionals.slice(1) : positionals;

if (words.length > 0 || values.help === true || values.version === true) {
  app.dock?.hide();
  await import('./cli.ts');
  // What was written to a pipe is on its way when this is called back, and lost by `exit` before.
  for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done));
  app.exit(Number(process.exitCode ?? 0));
} else {
  registerAppScheme();
  void startDesktop();
}

async function startDesktop(): Promise<void> {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { env: environment, platform } = process;
  const workingFolder = process.cwd();
  const named = { home: text(values['home']), data: text(values['data']) };
  const surroundings = { ...named, environment, workingFolder, programFolder, userHome: homedir(), platform };
  const places = findPlaces(surroundings, (folder) => readJobsHome(path.join(folder, 'nightjar.db')));
  const onBug = openBugLog(places.dataFolder);
  // Electron would show a dialog for each; nobody who only runs jobs can do anything with one.
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);

  // Two data folders are two Nightjars: what Electron keeps, its lock among it, belongs to one of them.
  const userData = path.join(places.dataFolder, 'desktop');
  app.setPath('userData', userData);
  app.setAppUserModelId('dev.nightjar.desktop');
  if (!(await claimDesktop(version, userData))) return app.exit(0);
  await app.whenReady();
  const roles = [{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }] as const;
  Menu.setApplicationMenu(platform === 'darwin' ? Menu.buildFromTemplate([...roles]) : null);

  const desktop = new Desktop({ ...places, version, programFolder, isHidden: values['hidden'] === true, onBug });
  watchLaunches({ version, onSecondLaunch: () => desktop.open(), onTakenOver: () => desktop.standBack() });
  app.on('activate', () => desktop.open());
  // Closing the window only hides it; without this listener Electron would quit with its last one.
  app.on('window-all-closed', () => {});
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (!desktop.isLeaving) void desktop.leave('drain');
  });
  onStop((time) => void desktop.leave(time === 1 ? 'drain' : 'stop'));
  try {
    await desktop.start();
  } catch (error) {
    onBug(error);
    dialog.showErrorBox('Nightjar cannot start', messageOf(error));
    app.exit(1);
  }
}
