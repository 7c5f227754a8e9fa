import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OfferedFiles } from '../../electron/host/offered-files.ts';

/** A server that gives out offered files and nothing else. */
async function serving() {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-offered-'));
  const file = join(folder, 'page.html');
  writeFileSync(file, '<script>alert(1)</script>');
  const clock = { now: 0 };
  const offered = new OfferedFiles(() => clock.now);
  const server = createServer((request, response) => {
    void offered.answer(request, response).then((isOurs) => isOurs || response.writeHead(418).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const { port } = server.address() as { port: number };
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { clock, get, offer: (name: string) => offered.offer({ name, open: () => open(file) }) };
}

test('an offered file is had once, as a download that never becomes a page', async () => {
  const { get, offer } = await serving();
  const path = offer('größe "1"; x.html');
  // A look ahead takes nothing away.
  expect((await get(path, 'HEAD')).status).toBe(404);
  const answer = await get(path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  expect(answer.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22%3B%20x.html",
  );
  expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  expect(await answer.text()).toBe('<script>alert(1)</script>');
  expect((await get(path)).status).toBe(404);
});

test('an address that was not offered, or too long ago, gives out nothing', async () => {
  const { clock, get, offer } = await serving();
  expect((await get('/offered/guess/page.html')).status).toBe(404);
  expect((await get('/other')).status).toBe(418);
  const path = offer('a.txt');
  clock.now = 60_000;
  expect((await get(path)).status).toBe(404);
});
