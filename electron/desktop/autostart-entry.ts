import { posix as path } from 'node:path';

/** Where a Linux desktop looks for what it starts (the XDG autostart specification). */
export function autostartFile(environment: NodeJS.ProcessEnv, userHome: string): string {
  const configured = environment['XDG_CONFIG_HOME'];
  const config = configured !== undefined && path.isAbsolute(configured) ? configured : path.join(userHome, '.config');
  return path.join(config, 'autostart', 'nightjar.desktop');
}

/** A desktop entry that runs a command; its own quoting, and `%` is doubled, because it marks a field. */
export function desktopEntry(command: readonly string[]): string {
  const quoted = command.map((word) => `"${word.replaceAll(/["\\`$]/g, String.raw`\$&`).replaceAll('%', '%%')}"`);
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Nightjar',
    'Comment=Runs your recurring jobs',
    // The file's own escapes come on top of the command's: a backslash is written twice.
    `Exec=${quoted.join(' ').replaceAll('\\', '\\\\')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}
