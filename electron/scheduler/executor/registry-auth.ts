import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { dockerConfigFolder, readDockerJson } from './find-engine.ts';

/** What the engine needs to pull in the user's name; the engine keeps none of it. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** Docker Hub's key in the configuration, for historical reasons. */
const DOCKER_HUB = 'https://index.docker.io/v1/';
/** A helper may ask a keychain, which may ask the user: not for longer than this. */
const HELPER_LIMIT_MS = 15_000;

/** The registry of an image's name, as Docker's configuration calls it. */
export function registryOf(image: string): string {
  const [first = '', rest] = image.split(/\/(.*)/s);
  const isHost = rest !== undefined && (/[.:]/.test(first) || first === 'localhost');
  return isHost && first !== 'docker.io' && first !== 'index.docker.io' ? first : DOCKER_HUB;
}

/**
 * The user's credentials for an image's registry, where Docker's configuration or a helper named in it has some. A helper that
 * is missing, fails or does not answer is told to `note`, and the pull goes on without.
 */
export async function findAuth(
  image: string,
  note: (text: string) => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RegistryAuth | undefined> {
  const registry = registryOf(image);
  const config = readDockerJson(join(dockerConfigFolder(environment), 'config.json')) as
    | { credHelpers?: Record<string, string>; credsStore?: string; auths?: Record<string, Record<string, string>> }
    | undefined;
  const helper = config?.credHelpers?.[registry] ?? config?.credsStore;
  if (helper) {
    const answer = await askHelper(helper, registry, environment).catch((error: Error) => error);
    if (!(answer instanceof Error)) return answer;
    // A helper says so where it has nothing; then the configuration itself may.
    if (!/credentials not found/i.test(answer.message))
      note(`docker-credential-${helper} gave no credentials: ${answer.message}`);
  }
  const entry = config?.auths?.[registry] ?? config?.auths?.[`https://${registry}`];
  if (entry?.['identitytoken']) return { identitytoken: entry['identitytoken'], serveraddress: registry };
  const decoded = entry?.['auth'] ? Buffer.from(entry['auth'], 'base64').toString() : '';
  const colon = decoded.indexOf(':');
  if (colon < 1) return undefined;
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry };
}

/** The protocol of docker-credential-helpers: the registry on stdin, JSON on stdout, an error's text on stdout too. */
function askHelper(
  helper: string,
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RegistryAuth> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${helper}`, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: environment as NodeJS.ProcessEnv,
      timeout: HELPER_LIMIT_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.stdin.on('error', () => {}); // It ended without reading; its exit code says so.
    child.stdin.end(registry);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) {
        const said = text.trim() || `it ended with ${code ?? signal}`;
        return void reject(new Error(signal === null ? said : `it did not answer within ${HELPER_LIMIT_MS / 1000} s`));
      }
      const { Username, Secret } = parseAnswer(text);
      if (Username === undefined || Secret === undefined) reject(new Error('what it printed are no credentials.'));
      else if (Username === '<token>') resolve({ identitytoken: Secret, serveraddress: registry });
      else resolve({ username: Username, password: Secret, serveraddress: registry });
    });
  });
}

function parseAnswer(text: string): { readonly Username?: string; readonly Secret?: string } {
  try {
    return JSON.parse(text) as { Username?: string; Secret?: string };
  } catch {
    return {};
  }
}
