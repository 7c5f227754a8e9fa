import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import Docker from 'dockerode';
import { ms, sideBySide, took } from './measure.ts';
import { POLL_MS, startScheduler, until, writeJobs } from './nightjar.ts';
import type { Row } from './row.ts';

const IMAGE = 'local/busybox';
const BYTES = 100_000_000;
const COMMAND = `yes 'a line of a log, as programs write them: 2026-11-21 12:00:00 INFO all is well' | head -c ${BYTES}`;

export default {
  title: '100 MB log of a container',
  async run(folder) {
    const docker = new Docker();
    writeJobs(folder, {
      'nightjar.yml': 'max_parallel_runs: 1\n',
      'loud.yml': `params: { n: { type: number, default: 0 } }\nkeep: { runs: 1000000, bytes: 100GB }\nsteps:\n  - { name: work, image: ${IMAGE}, pull: never, network: none, command: ${JSON.stringify(COMMAND)} }\n`,
    });
    const scheduler = await startScheduler(folder);
    let n = 0;
    const { medians, ratio } = await sideBySide(
      {
        nightjar: () =>
          took(async () => {
            const { id } = scheduler.addJob('loud', { n: String((n += 1)) });
            await until(() => scheduler.runs.get(id).endedAt !== null, POLL_MS);
          }),
        bare: () => took(() => bare(docker, join(folder, 'bare.log'))),
      },
      3,
    );
    await scheduler.close('stop');
    const toBare = ratio('nightjar', 'bare');
    return {
      findings: [
        {
          what: 'from start to the last line on disk',
          nightjar: ms(medians.nightjar),
          against: `attach to a file: ${ms(medians.bare)}`,
          ratio: toBare,
          goal: '≥ 0.9',
          isMet: toBare.median >= 0.9,
        },
      ],
    };
  },
} satisfies Row;

async function bare(docker: Docker, file: string): Promise<void> {
  const container = await docker.createContainer({
    Image: IMAGE,
    Cmd: ['-ec', COMMAND],
    Entrypoint: ['/bin/sh'],
    HostConfig: { NetworkMode: 'none' },
  });
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  const text = new PassThrough();
  const out = createWriteStream(file);
  text.pipe(out);
  docker.modem.demuxStream(output, text, text);
  output.once('end', () => text.end());
  await container.start();
  await container.wait();
  await finished(out);
  await container.remove();
  if ((await stat(file)).size !== BYTES) throw new Error('The bare log is not whole.');
}
