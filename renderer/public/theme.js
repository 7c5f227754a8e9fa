// Runs before the first paint, so that a chosen theme never fades in. A file of its own: inline scripts are forbidden.
try {
  const theme = localStorage.getItem('nightjar.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be denied; the system's theme is then right.
}
