import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { patiently } from '../../../electron/scheduler/executor/pipeline/patience.ts';
import { explainPassing, ServiceError } from '../../../electron/scheduler/executor/pipeline/service-error.ts';
import { serviceFetch } from '../../../electron/scheduler/executor/pipeline/service-fetch.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { serve } from '../../support/service-under-test.ts';

const asked = { timeoutMs: 5_000, now: 0 };
const failureOf = async (promise: Promise<unknown>): Promise<ServiceError> => {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ServiceError);
  return thrown as ServiceError;
};

test('a token is taken along a redirect within the service, and not to another one', async () => {
  const store = await serve(() => ({ text: 'a log' }));
  const service = await serve(({ path }) =>
    path === '/old'
      ? { status: 301, headers: { location: '/new' } }
      : { status: 302, headers: { location: `${store.url}/log` } },
  );
  const headers = { 'private-token': 'secret-1', authorization: 'secret-2', range: 'bytes=3-' };
  const answer = await serviceFetch(`${service.url}/old`, { ...asked, headers });
  expect(await answer.text()).toBe('a log');
  expect(service.asked.map((one) => one.headers['private-token'])).toEqual(['secret-1', 'secret-1']);
  expect(store.asked[0]!.headers).toMatchObject({ range: 'bytes=3-' });
  expect(JSON.stringify(store.asked[0]!.headers)).not.toContain('secret');
});

test('what is to trigger something is not sent elsewhere, and the sentence names the new address', async () => {
  const service = await serve(() => ({ status: 308, headers: { location: 'https://gitlab.example/api' } }));
  const error = await failureOf(serviceFetch(service.url, { ...asked, method: 'POST', body: '{}' }));
  expect(error.answer).toBe('it redirects to https://gitlab.example/api; give the address that it redirects to');
  expect(error.isPassing).toBe(false);
});

test('an answer may be slow as long as it comes; one that falls silent is given up', async () => {
  const server = createServer(({ url }, response) => {
    void (async () => {
      for (let piece = 0; piece < 10; piece++) {
        response.write(`${piece}`);
        if (url === '/silent') return;
        await delay(120);
      }
      response.end('.');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Longer as a whole than the limit, and each pause far shorter: this machine may be busy for most of a second.
  expect(await (await serviceFetch(at, { ...asked, timeoutMs: 1_000 })).text()).toBe('0123456789.');
  const error = await failureOf(
    serviceFetch(`${at}/silent`, { ...asked, timeoutMs: 250 }).then((answer) => answer.text()),
  );
  expect(error).toMatchObject({ answer: 'nothing came for 0.25 s', isPassing: true, isRefused: false });
});

test.each([
  [
    { answer: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    /does not answer \(connect ECONNREFUSED\)\. .*HTTPS_PROXY/,
    true,
  ],
  [{ answer: 'getaddrinfo', code: 'ENOTFOUND' }, /There is no address for GitLab at https:\/\/git\.example/, true],
  [
    { answer: 'self-signed certificate', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    /not trusted .*NODE_EXTRA_CA_CERTS/,
    false,
  ],
  [{ status: 503, answer: 'maintenance' }, /has a fault of its own \(503\): maintenance/, true],
])('%o is explained, and tried again only where that may help', (told, sentence, isPassing) => {
  const error = new ServiceError(told);
  expect(explainPassing(error, 'GitLab', 'https://git.example')).toMatch(sentence);
  expect(error.isPassing).toBe(isPassing);
});

test('a laptop that slept through the wait asks as soon as it is awake; a cancel ends the wait at once', async () => {
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const stop = new AbortController();
  const notes: string[] = [];
  let count = 0;
  const ask = async (): Promise<string> => {
    count += 1;
    if (count === 2) return 'answer';
    throw new ServiceError({ status: 429, answer: 'too many', retryAfterMs: 1_800_000 });
  };
  const options = {
    clock,
    signal: stop.signal,
    note: (text: string) => void notes.push(text),
    explain: () => 'No.',
    name: 'GitLab',
  };
  const first = patiently(ask, options);
  await delay(0);
  clock.advance(60_000);
  await delay(0);
  expect(count).toBe(1);
  clock.jump(3_600_000);
  clock.advance(30_000);
  expect(await first).toBe('answer');
  expect(notes).toEqual(['No. Nightjar asks again until it answers.', 'GitLab answers again.']);
  const second = patiently(ask, options);
  await delay(0);
  stop.abort(new Error('cancelled'));
  await expect(second).rejects.toThrow('cancelled');
  expect(clock.pending).toBe(0);
});
