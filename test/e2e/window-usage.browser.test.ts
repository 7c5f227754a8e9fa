import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { go, look, RealWindow, runNext } from '../support/real-window.ts';
import { poll } from '../support/window-test.ts';

/** Burns a processor for a few seconds, holds some memory, and then fails until a file says otherwise. */
const JOB = `
steps:
  - name: burn
    tasks:
      - { name: container, image: local/busybox, pull: never, network: none, cpus: 0.5, memory: 128MB, command: 'timeout 7 sh -c "while :; do :; done" || true' }
      - { name: process, command: 'timeout 7 sh -c "while :; do :; done" || true' }
  - { name: check, command: 'test -e mended' }
  - { name: report, command: 'echo reported' }
`;

test('a real run shows what its tasks use while they run, and goes on from its failed step without them', async () => {
  const window = await RealWindow.start({ 'burn.yml': JOB });
  const page = await window.open();
  await runNext(page, 'burn');
  await go(page, '#/run/1');
  await page.getByRole('tab', { name: 'Usage' }).click({ timeout: 20_000 });
  const processor = page.getByRole('slider', { name: 'Processor of container' });
  await processor.waitFor();
  await expect.poll(() => processor.getAttribute('aria-valuetext'), { timeout: 15_000 }).toMatch(/limit 0.5 cores$/);
  await page.locator('.state', { hasText: 'failed' }).waitFor({ timeout: 20_000 });
  await look(page, 'real-run-usage');
  await poll(() => page.getByRole('slider').count()).toBe(4);

  await writeFile(join(window.served.folder, 'jobs', 'mended'), '');
  await page.getByRole('button', { name: 'Run again with…' }).click();
  await page.getByRole('menuitem', { name: 'From the failed step check' }).click();
  await page.getByRole('button', { name: 'Show run' }).click();
  await page.locator('.state', { hasText: 'succeeded' }).waitFor({ timeout: 20_000 });
  await poll(() => page.getByText('taken from #1').count()).toBe(2);
  await page.getByText('reported').waitFor();
  await look(page, 'real-run-from-failed-step');
}, 90_000);
