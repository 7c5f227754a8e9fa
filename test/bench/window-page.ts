import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];

/** The system's browser, as the browser tests have it; `CHROMIUM` names another. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });
}

export async function openPage(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator('main').waitFor();
  return page;
}

/** One of a browser's trace; `dur` is in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly args?: { readonly name?: unknown };
}

/** With the category `toplevel`, and with that of the timeline alone. */
const TASK = /^(ThreadControllerImpl::)?RunTask$/;

/** The tasks of the page's main thread that kept a person waiting: over 50 ms each, in ms, from the browser's own trace. */
export async function longTasks(page: Page, work: () => Promise<void>): Promise<number[]> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories: 'toplevel,devtools.timeline' });
  await work();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const ofPages = new Set(events.filter(({ args }) => args?.name === 'CrRendererMain').map(threadOf));
  const tasks = events.filter((event) => TASK.test(event.name) && event.ph === 'X' && ofPages.has(threadOf(event)));
  if (tasks.length === 0) throw new Error('The trace of this browser names its tasks in a way that is not known here.');
  return tasks.map(({ dur = 0 }) => dur / 1_000).filter((cost) => cost > 50);
}
