import { expect, test } from 'vitest';
import type { Engine } from '../../electron/api/api.ts';
import { engineStarter, startEngine } from '../../electron/host/start-engine.ts';
import type { StarterFacts } from '../../electron/host/start-engine.ts';

const NONE: Engine = {
  state: 'unavailable',
  host: null,
  foundBy: null,
  version: null,
  error: 'No Docker engine was found.',
  triedAt: 0,
};

function commandFor(platform: NodeJS.Platform, host: string | null, files: readonly string[] = []): string | null {
  const environment = { ProgramFiles: 'D:\\Programs' };
  const facts: StarterFacts = { platform, engine: { host }, exists: (path) => files.includes(path), environment };
  return engineStarter(facts)?.command.join(' ') ?? null;
}

test.each([
  ['darwin', 'unix:///Users/me/.docker/run/docker.sock', ['/Applications/Docker.app'], 'open -a Docker'],
  ['darwin', 'unix:///Users/me/.orbstack/run/docker.sock', ['/Applications/Docker.app'], 'open -a OrbStack'],
  ['darwin', null, ['/Applications/OrbStack.app'], 'open -a OrbStack'],
  ['darwin', null, [], null],
  ['darwin', 'unix:///Users/me/.colima/work/docker.sock', [], 'colima start --profile work'],
  ['darwin', 'unix:///Users/me/.rd/docker.sock', [], 'rdctl start'],
  ['linux', 'unix:///home/me/.docker/desktop/docker.sock', [], 'systemctl --user start docker-desktop'],
  ['linux', 'unix:///run/user/1000/docker.sock', [], 'systemctl --user start docker'],
  ['linux', 'unix:///run/user/1000/podman/podman.sock', [], 'systemctl --user start podman.socket'],
  ['linux', 'unix:///var/run/docker.sock', ['/lib/systemd/system/docker.service'], 'systemctl start docker'],
  ['linux', null, ['/usr/lib/systemd/user/docker-desktop.service'], 'systemctl --user start docker-desktop'],
  ['linux', null, [], null],
  ['linux', 'unix:///srv/own.sock', ['/lib/systemd/system/docker.service'], null],
  ['linux', 'ssh://build-box', ['/lib/systemd/system/docker.service'], null],
  ['win32', 'npipe:////./pipe/docker_engine', [], null],
] as const)('on %s an engine at %s is started by what is there', (platform, host, files, command) => {
  expect(commandFor(platform, host, files)).toBe(command);
});

test('on Windows it is the program in its folder', () => {
  const program = 'D:\\Programs\\Docker\\Docker\\Docker Desktop.exe';
  expect(commandFor('win32', null, [program])).toBe(program);
});

const starterOf = () => ({ name: 'Docker Desktop', command: ['start-docker', '--now'] as const });

/** An engine that answers at the n-th look. */
function answeringAt(look: number) {
  let looks = 0;
  return { checkEngine: async () => ({ ...NONE, state: ++looks >= look ? ('available' as const) : NONE.state }) };
}

test('it is started and waited for; one that answers already is left alone', async () => {
  const ran: string[] = [];
  const run = async (program: string, parameters: readonly string[]) =>
    void ran.push([program, ...parameters].join(' '));
  await startEngine(answeringAt(1), { starterOf, run });
  expect(ran).toEqual([]);
  await startEngine(answeringAt(2), { starterOf, run });
  expect(ran).toEqual(['start-docker --now']);
});

test('what went wrong is a sentence: no way known, a program that refuses, an engine that does not come', async () => {
  const never = answeringAt(Infinity);
  const refuses = () => Promise.reject(new Error('Interactive authentication required.\n'));
  await expect(startEngine(never, { starterOf: () => null })).rejects.toMatchObject({ code: 'no-starter' });
  await expect(startEngine(never, { starterOf, run: refuses })).rejects.toThrow(
    'Docker Desktop could not be started: "start-docker --now" said: Interactive authentication required.',
  );
  await expect(startEngine(never, { starterOf, run: async () => {}, limitMs: 1 })).rejects.toThrow(
    /^Docker Desktop was started and does not answer yet/,
  );
});
