import { shell, type Session, type WebContents } from 'electron';
import { isOwnPage, PAGE } from './app-scheme.ts';

/** Copying a line of a log is all that the page may do beyond being a page. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';
/** `devtools:` is Chromium's own inspector, where a developer opens it. */
const OWN_SCHEMES = new Set([new URL(PAGE).protocol, 'devtools:', 'data:', 'blob:']);

/** No permission and no request leaves the page: its fonts, styles and code are all in the package. */
export function fenceSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(permission === ALLOWED_PERMISSION));
  session.setPermissionCheckHandler((_contents, permission) => permission === ALLOWED_PERMISSION);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !OWN_SCHEMES.has(schemeOf(url)) }));
}

/** The page stays what it is: it cannot navigate away, open windows or embed others. A link that a person clicks goes to the browser. */
export function fenceContents(contents: WebContents, isFocused: () => boolean): void {
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    // A window that nobody looks at was not clicked.
    if (isFocused() && ['https:', 'http:'].includes(schemeOf(url))) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

function schemeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
