import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** What is asked of the keyring, in order. */
export type KeyringRequest =
  | { readonly do: 'get'; readonly name: string }
  | { readonly do: 'set'; readonly name: string; readonly value: string }
  | { readonly do: 'delete'; readonly name: string };

/** One value or null for each request; or what the keyring said, which has no value in it. */
export type KeyringAnswer = { readonly values: readonly (string | null)[] } | { readonly error: string };

/** How other programs find our entries: the service, with the secret's name as the account. */
const SERVICE = 'nightjar';

const { Entry } = createRequire(import.meta.url)('@napi-rs/keyring') as typeof import('@napi-rs/keyring');

function answer(request: KeyringRequest): string | null {
  // Without the pin Linux falls back to the kernel's keyring, which forgets everything at a restart.
  const entry = new Entry(SERVICE, request.name, { linux: { store: 'secret-service' } });
  switch (request.do) {
    case 'get':
      return entry.getPassword();
    case 'set':
      entry.setPassword(request.value);
      return null;
    case 'delete':
      entry.deletePassword();
      return null;
    default:
      return request satisfies never;
  }
}

let reply: KeyringAnswer;
try {
  reply = { values: (workerData as readonly KeyringRequest[]).map((request) => answer(request)) };
} catch (error) {
  reply = { error: error instanceof Error ? error.message : String(error) };
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(reply);
