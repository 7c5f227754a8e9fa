import { readFile } from 'node:fs/promises';
import { protocol, type Session } from 'electron';
import { pageHeaders } from '../host/page-policy.ts';
import { findStatic } from '../host/static-files.ts';

const SCHEME = 'app';
const HOST = 'nightjar';

/** Where the window's page is; its hash says what it shows. */
export const PAGE = `${SCHEME}://${HOST}/`;

export function isOwnPage(url: string): boolean {
  return url === PAGE || url.startsWith(`${PAGE}#`) || url.startsWith(`${PAGE}?`);
}

/** Must be called before the application is ready. A scheme of our own has an origin and a policy, which `file:` has not. */
export function registerAppScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

/** Serves the built window from a folder, under the same headers as over http. */
export function serveAppScheme(session: Session, folder: string): void {
  const headers = pageHeaders([]);
  session.protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== HOST || request.method !== 'GET') return new Response(null, { status: 404, headers });
    const answer = await findStatic(pathname, folder);
    const body = 'text' in answer ? answer.text : new Uint8Array(await readFile(answer.file));
    return new Response(body, { status: answer.status, headers: { ...headers, ...answer.headers } });
  });
}
