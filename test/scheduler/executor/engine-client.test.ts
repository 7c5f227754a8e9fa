import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { connectEngine, disconnectEngine } from '../../../electron/scheduler/executor/engine-client.ts';

// docker-modem does it for each request, wanted or not; with ten connections open it took up to 100 ms.
test.each(['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:1', 'ssh://somebody@nowhere'])(
  'what a request to %s is written out with is a word, not all connections',
  async (host) => {
    const docker = await connectEngine({ host, foundBy: 'DOCKER_HOST', certificates: null });
    const { agent } = docker.modem as unknown as { agent: object };
    expect(inspect({ path: '/version', agent }, { showHidden: true, depth: null })).toBe(
      `{ path: '/version', agent: agent of ${host} }`,
    );
    disconnectEngine(docker);
  },
);
