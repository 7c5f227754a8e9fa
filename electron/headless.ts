import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openBugLog } from './bug-log.ts';
import { makeToken, readEndpoint, removeEndpoint, writeEndpoint } from './host/endpoint.ts';
import { OfferedFiles } from './host/offered-files.ts';
import { createHandlers } from './host/handlers.ts';
import { serveHttp, type HttpHost, type HttpOptions } from './host/web-socket-wire.ts';
import { Failure } from './scheduler/failure.ts';
import { createScheduler, type CloseMode, type Scheduler } from './scheduler/scheduler.ts';

export interface HeadlessOptions {
  readonly jobsHome: string;
  readonly dataFolder: string;
  readonly version: string;
  /** Where Nightjar itself is; the built renderer is below it. */
  readonly programFolder: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Ends a start that is under way, which may wait for an older instance; it then rejects with Failure `closed`. */
  readonly signal?: AbortSignal;
}

export interface Headless {
  readonly scheduler: Scheduler;
  /** For a browser: the token is in the fragment, which no server ever sees. */
  readonly address: string;
  /** Ends it; a second call may be more urgent. Resolves when runs, API and files are done with. */
  close(mode: CloseMode): Promise<void>;
}

/** An older instance on the same port gives it up as soon as it is asked for the lease. */
const PORT_WAIT_MS = 5_000;

/** The scheduler under plain Node, behind its API on 127.0.0.1, serving the built window to a browser. */
export async function startHeadless(options: HeadlessOptions): Promise<Headless> {
  const { dataFolder, jobsHome, version, programFolder, port } = options;
  const onBug = openBugLog(dataFolder);
  const scheduler = createScheduler({ jobsHome, dataFolder, version, host: 'headless', onBug });
  const offered = new OfferedFiles();
  const handlers = createHandlers(scheduler, {
    kind: 'headless',
    trash: (path, files) => files.moveTo(path, join(dataFolder, 'trash')),
    open: desktopOnly,
    reveal: desktopOnly,
    openFile: desktopOnly,
    revealFile: desktopOnly,
    offer: (file) => offered.offer(file),
    settingChanged: () => {},
  });
  const token = makeToken();
  const window = join(programFolder, 'dist', 'renderer');
  let http: HttpHost;
  const giveUp = (): void => void scheduler.close('stop').catch(onBug);
  options.signal?.addEventListener('abort', giveUp);
  try {
    const listening = { port, handlers, token, staticFolder: existsSync(window) ? window : null, offered, onBug };
    // A port that some other program has must not cost the older instance its place. Its own port it gives up by itself.
    if (port !== 0 && (await readEndpoint(dataFolder))?.port !== port) await (await serveHttp(listening)).close();
    await scheduler.start();
    http = await listen(listening);
    await writeEndpoint(dataFolder, { port: http.port, token, pid: process.pid, url: http.url });
  } catch (error) {
    await scheduler.close('stop');
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
  const stopListening = scheduler.on((event, key, data) => http.emit(event, key, data));

  let closing: Promise<void> | undefined;
  const closeAll = async (closed: Promise<void>): Promise<void> => {
    await closed;
    stopListening();
    // The doors first: nobody is to ask a scheduler that has ended.
    await http.close();
    await removeEndpoint(dataFolder, token);
  };
  void scheduler.superseded.then(() => http.close());
  return {
    scheduler,
    address: `${http.url}/#token=${token}`,
    close(mode) {
      const closed = scheduler.close(mode);
      closing ??= closeAll(closed);
      return closing;
    },
  };
}

/** A browser's machine need not be this one, and a service has no desktop to show anything on. */
async function desktopOnly(): Promise<never> {
  throw new Failure('desktop-only', 'This Nightjar runs without a desktop; open the file yourself.');
}

async function listen(options: HttpOptions): Promise<HttpHost> {
  const giveUpAt = performance.now() + PORT_WAIT_MS;
  for (;;) {
    try {
      return await serveHttp(options);
    } catch (error) {
      const isTaken = error instanceof Failure && error.code === 'port-in-use';
      if (!isTaken || performance.now() > giveUpAt) throw error;
      await delay(50);
    }
  }
}
