import { EventEmitter } from 'node:events';
import type { IpcMainEvent } from 'electron';
import { expect, test } from 'vitest';
import { connect } from '../../electron/api/client.ts';
import { contract } from '../../electron/api/contract.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { serveElectron, type HostIpc } from '../../electron/host/electron-wire.ts';
import { pageWire, type PageIpc } from '../../electron/host/page-wire.ts';
import { handlersWith } from '../support/handlers.ts';
import { contractSuite } from './contract-suite.ts';

const PAGE = 'app://nightjar/';

/** Electron's ipc between one host and its pages: messages are copied, arrive in order, and never in the turn of their sending. */
class Ipc {
  readonly main = new EventEmitter();
  #pages = 0;

  page(
    url: string = PAGE,
    parent: object | null = null,
  ): { ipc: PageIpc; contents: EventEmitter; toPage: EventEmitter } {
    const toPage = new EventEmitter();
    const contents = Object.assign(new EventEmitter(), {
      id: ++this.#pages,
      isDestroyed: () => false,
      send: (...message: unknown[]) => setImmediate(() => toPage.emit('message', ...structuredClone(message))),
    });
    const event = { sender: contents, senderFrame: { url, parent } } as unknown as IpcMainEvent;
    const ipc: PageIpc = {
      send: (channel, ...message) => setImmediate(() => this.main.emit(channel, event, ...structuredClone(message))),
      on: (channel, listener) =>
        toPage.on('message', (name: string, ...message: unknown[]) => {
          if (name === channel) listener({}, ...message);
        }),
    };
    return { ipc, contents, toPage };
  }

  serve(handlers: Handlers, onBug: (thrown: unknown) => void = () => {}) {
    const isOwnPage = (url: string) => url.startsWith(PAGE);
    return serveElectron({ ipc: this.main as unknown as HostIpc, handlers, isOwnPage, onBug });
  }
}

contractSuite("the preload's wire", async (handlers, onBug) => {
  const ipc = new Ipc();
  const host = ipc.serve(handlers, onBug);
  return {
    dial: async () => pageWire(ipc.page().ipc),
    emit: host.emit,
    // Some handlers of the suite never answer, so nothing waits for them.
    async close() {
      void host.close();
    },
  };
});

test.each([
  ['a page from elsewhere', 'https://example.org/', null],
  ['a frame within the page', PAGE, {}],
])('%s is not heard', async (_who, url, parent) => {
  const ipc = new Ipc();
  let calls = 0;
  const host = ipc.serve(handlersWith({ doctor: () => (calls++, []) }));
  const stranger = connect(pageWire(ipc.page(url, parent).ipc), () => contract);
  void stranger.call('doctor', {}).catch(() => {});
  const own = connect(pageWire(ipc.page().ipc), () => contract);
  expect(await own.call('doctor', {})).toEqual([]);
  expect(calls).toBe(1);
  stranger.close();
  await host.close();
});

test('who connects again is served again, and the earlier connection is closed', async () => {
  const ipc = new Ipc();
  const host = ipc.serve(handlersWith({ doctor: () => [] }));
  // As Electron's bridge hands it to the page: functions without their object.
  const { send, onFrame, onClose, close } = pageWire(ipc.page().ipc);
  const wire = { send, onFrame, onClose, close };
  const first = connect(wire, () => contract);
  await first.call('doctor', {});
  const closed = new Promise<void>((resolve) => first.onClose(resolve));
  const second = connect(wire, () => contract);
  await closed;
  expect(await second.call('doctor', {})).toEqual([]);
  await host.close();
});

test('a page that was loaded again gets no answer and no event of the page before it', async () => {
  const ipc = new Ipc();
  const answers: (() => void)[] = [];
  const host = ipc.serve(
    handlersWith({
      doctor: () => new Promise((resolve) => answers.push(() => resolve([]))),
      'files.schema': () => ({}),
    }),
  );
  const page = ipc.page();
  const before = connect(pageWire(page.ipc), () => contract);
  void before.call('doctor', {}).catch(() => {});
  await expect.poll(() => answers.length).toBe(1);
  page.toPage.removeAllListeners();
  const heard: unknown[] = [];
  page.toPage.on('message', (...message: unknown[]) => heard.push(message));
  const after = connect(pageWire(page.ipc), () => contract);
  expect(await after.call('files.schema', {})).toEqual({});
  for (const answer of answers) answer();
  expect(await after.call('files.schema', {})).toEqual({});
  expect(heard).toHaveLength(2);
  await host.close();
});

test('a page that is gone leaves nothing behind in the host', async () => {
  const ipc = new Ipc();
  const host = ipc.serve(handlersWith({ doctor: () => [] }));
  const page = ipc.page();
  await connect(pageWire(page.ipc), () => contract).call('doctor', {});
  expect(page.contents.eventNames()).toContain('destroyed');
  page.contents.emit('render-process-gone');
  expect(page.contents.eventNames()).toEqual([]);
  await host.close();
});

test('what was on its way to an earlier connection reaches no later one of the same page', () => {
  const sent: unknown[][] = [];
  const page = new EventEmitter();
  const wire = pageWire({
    send: (_channel, ...message) => void sent.push(message),
    on: (_channel, listener) => page.on('message', (...message: unknown[]) => listener({}, ...message)),
  });
  const heard: string[] = [];
  for (const name of ['first', 'second']) {
    wire.onFrame((frame) => heard.push(`${name} ${frame}`));
    wire.send('hello');
  }
  const [first, second] = [sent[0]![0], sent.at(-1)![0]];
  page.emit('message', first, 'late');
  page.emit('message', first, null);
  page.emit('message', second, 'answer');
  expect(heard).toEqual(['second answer']);
});
