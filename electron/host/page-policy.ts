/**
 * The headers of everything that the window is made of, over http and over `app://` alike. `connect` is where it may connect to
 * besides where it came from.
 *
 * Styles may be inline: CodeMirror and Svelte write style elements and attributes. Everything else is a file of ours.
 */
export function pageHeaders(connect: readonly string[]): Record<string, string> {
  return {
    'content-security-policy':
      `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; ` +
      `connect-src ${["'self'", ...connect].join(' ')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}
