import { engineMessage, statusOf } from './engine-client.ts';
import type { EngineAddress } from './find-engine.ts';

/** An engine on this machine answers in milliseconds; a busy one may need a while, one behind ssh a login before that. */
const NEAR_MS = 5_000;
const FAR_MS = 15_000;

/** How long it is waited for that an engine says its version. */
export function limitOf({ host }: EngineAddress): number {
  return host.startsWith('ssh:') ? FAR_MS : NEAR_MS;
}

/** Why an engine cannot be reached, and what to do, without an end of sentence. */
export function whyNot(thrown: unknown): string {
  const code = (thrown as { code?: unknown }).code;
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket; start Docker';
    case 'ECONNREFUSED':
      return 'nothing listens there; start Docker';
    case 'EACCES':
      return 'this user may not open it; add the user to the group "docker"';
    case 'ECONNRESET':
      return 'it ended the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'nobody knows a machine of that name; is this one online';
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for a machine of another name';
  }
  if (typeof code === 'string' && /^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code)) {
    return 'its certificate is not signed by the ca.pem of the context';
  }
  if (typeof code === 'string' && /^ERR_(?:SSL|OSSL|TLS)_/.test(code)) {
    return `TLS failed (${engineMessage(thrown)}); it may want a client certificate, or speak no TLS at all`;
  }
  return statusOf(thrown) === undefined ? engineMessage(thrown) : `it answered ${statusOf(thrown)}`;
}
