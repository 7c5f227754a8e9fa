import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { connectEngine } from '../../electron/scheduler/executor/engine-client.ts';
import { findEngines } from '../../electron/scheduler/executor/find-engine.ts';
import { installsPackages } from './machine.ts';

const SCRIPTS = path.join(import.meta.dirname, '../../test/support/engine');

/** The engine that tests run in: found, or started; `why` says in a sentence why there is none. */
export type TestEngine = { readonly host: string } | { readonly host: null; readonly why: string };

/**
 * Finds an engine as Nightjar itself does and makes the images of the tests in it. Where none answers, it starts one on a machine
 * that allows it, says so, and stops it when this process ends; an engine that was there is left running.
 */
export async function provideEngine(): Promise<TestEngine> {
  const found = findEngines(null);
  const addresses = typeof found === 'string' ? [] : found;
  for (const address of addresses) {
    if (!(await answers(address))) continue;
    const { host } = address;
    process.env['DOCKER_HOST'] = host;
    if (!host.startsWith('unix://'))
      return { host: null, why: `the images for the tests cannot be made through ${host}` };
    if (runScript('images.sh', 300_000).status === 0) return { host };
    return { host: null, why: `the images for the tests could not be made in the engine at ${host}` };
  }
  const tried = addresses.map(({ host }) => host).join(', ') || 'no address is known';
  if (typeof found === 'string' || process.env['DOCKER_HOST'])
    return { host: null, why: `no engine answers (${tried})` };
  if (!installsPackages())
    return { host: null, why: `no engine answers (${tried}), and only root on Debian may start one` };

  console.error("\nNo Docker engine answers: Debian's is installed and started for the tests, and stopped after them.");
  // Also when somebody presses Ctrl-C. An `exit` listener may only do what is synchronous.
  process.once('exit', () => runScript('stop-engine.sh', 120_000));
  const { status, stdout } = runScript('start-engine.sh', 600_000);
  const host = /^DOCKER_HOST=(.*)$/m.exec(stdout)?.[1];
  if (status !== 0 || host === undefined) {
    return { host: null, why: 'an engine could not be started; start-engine.sh has said why above' };
  }
  process.env['DOCKER_HOST'] = host;
  return { host };
}

function runScript(name: string, timeout: number): { status: number | null; stdout: string } {
  return spawnSync('bash', [path.join(SCRIPTS, name)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout,
  });
}

async function answers(address: Parameters<typeof connectEngine>[0]): Promise<boolean> {
  const docker = await connectEngine(address);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 5 s')), 5_000);
  });
  try {
    await Promise.race([docker.ping(), tooLate]);
    return true;
  } catch {
    // Nobody there, or nobody who answers: the next address.
    return false;
  } finally {
    clearTimeout(timer);
  }
}
