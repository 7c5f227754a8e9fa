const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How the system's browser is started; `CHROMIUM` names another. */
export const CHROMIUM = { executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS };
