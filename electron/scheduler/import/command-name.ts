/** Programs that only start another one, with how many words of their own follow. */
const STARTERS: Readonly<Record<string, number>> = {
  sudo: 0,
  env: 0,
  exec: 0,
  nice: 0,
  ionice: 0,
  nohup: 0,
  time: 0,
  chronic: 0,
  caffeinate: 0,
  timeout: 1,
  flock: 1,
};
/** Programs whose first argument says more than they do. */
const INTERPRETERS = new Set([
  'sh',
  'bash',
  'zsh',
  'dash',
  'python',
  'python3',
  'perl',
  'ruby',
  'node',
  'php',
  'npx',
  'uv',
]);

/** What a command is about, in a word or two: `cd /srv && sudo -u ada python3 load_orders.py --all` → `load_orders`. */
export function nameOfCommand(command: string): string {
  const parts = command.split(/&&|\|\||[;|\n]/).map((part) => part.trim());
  // Changing the folder or testing for a file is what comes before the command that matters.
  const part =
    parts.find((each) => each !== '' && !/^(cd|\[|test|\.|source|export|set|command -v|which)(\s|$)/.test(each)) ??
    parts[0] ??
    '';
  const words = part.split(/\s+/).map((word) => word.replaceAll(/^["'({]+|["')}]+$/g, ''));
  let at = 0;
  const program = (): string => baseOf(words[at] ?? '');
  for (; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === '' || word.startsWith('-') || /^[A-Za-z_][A-Za-z0-9_]*=/.test(word)) continue;
    // The value of an option such as `-u ada` or `-n 19`.
    if (/^-[a-zA-Z]$/.test(words[at - 1] ?? '') && at < words.length - 1) continue;
    const skipped = STARTERS[program()];
    if (skipped === undefined) break;
    at += skipped;
  }
  const first = program();
  const argument = words.slice(at + 1).find((word) => word !== '' && !word.startsWith('-'));
  if (INTERPRETERS.has(first) && argument !== undefined) return baseOf(argument);
  // `docker system prune` says more than `docker`.
  return /^[a-z][a-z-]*$/.test(argument ?? '') && argument !== undefined ? `${first} ${argument}` : first;
}

function baseOf(word: string): string {
  return (word.split(/[\\/]/).at(-1) ?? '').replace(/\.(sh|bash|py|pl|rb|js|ts|mjs|php|exe)$/, '');
}
