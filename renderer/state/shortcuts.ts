/** The keys of the window, once: what the cheat sheet shows. `Mod` is Ctrl, or ⌘ on a Mac. */
export const SHORTCUTS: { title: string; keys: { keys: string[]; what: string }[] }[] = [
  {
    title: 'Anywhere',
    keys: [
      { keys: ['Mod K'], what: 'Command palette' },
      { keys: ['/'], what: 'Filter the jobs' },
      { keys: ['G', 'Q'], what: 'Queue' },
      { keys: ['G', 'H'], what: 'History' },
      { keys: ['F6'], what: 'Next part of the window' },
      { keys: ['?'], what: 'This sheet' },
    ],
  },
  {
    title: 'The chosen job',
    keys: [
      { keys: ['N'], what: 'Run next' },
      { keys: ['L'], what: 'Its log' },
      { keys: ['E'], what: 'Its file' },
      { keys: ['Space'], what: 'Pause or resume' },
    ],
  },
  {
    title: 'Lists',
    keys: [
      { keys: ['↑', '↓'], what: 'Move' },
      { keys: ['→'], what: 'The buttons of a row' },
      { keys: ['Alt ↑', 'Alt ↓'], what: 'Move a waiting run' },
      { keys: ['Delete'], what: 'Cancel a waiting run' },
      { keys: ['F'], what: 'History: failed only' },
      { keys: ['R'], what: 'History: run again' },
    ],
  },
  {
    title: 'Log',
    keys: [
      { keys: ['Mod F'], what: 'Search' },
      { keys: ['Enter', 'Shift Enter'], what: 'Next and previous match' },
      { keys: ['Mod Shift E'], what: 'First error' },
      { keys: ['End'], what: 'Follow' },
      { keys: ['W'], what: 'Wrap long lines' },
    ],
  },
  {
    title: 'Editor',
    keys: [
      { keys: ['Mod S'], what: 'Save' },
      { keys: ['Mod Space'], what: 'Complete' },
      { keys: ['Mod .'], what: 'Mend the problem' },
    ],
  },
];
