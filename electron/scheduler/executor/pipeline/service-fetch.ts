import { messageOf } from '../../failure.ts';
import { NOT_THE_API, ServiceError } from './service-error.ts';

/** What is sent along must not follow a redirect to another host. */
const CREDENTIALS = new Set(['authorization', 'private-token', 'job-token']);
const MOST_REDIRECTS = 5;
/** Of a refusal; a proxy's page may be long, and the names in GitHub's are needed. */
const LONGEST_ANSWER = { json: 2_000, other: 200 };

export interface ServiceRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
  /** How long until an answer has begun, and between two pieces of it, in milliseconds. */
  readonly timeoutMs: number;
  /** The moment now, for answers that name one. */
  readonly now: number;
}

/**
 * Asks a service once. Throws a ServiceError where there is no answer or it is not a success; the body has a time limit of its own
 * between any two pieces, so a connection that dies under a sleeping laptop does not keep a reader for ever.
 *
 * Redirects are followed here, because fetch takes every header but `authorization` along to whatever host it is sent to.
 */
export async function serviceFetch(url: string | URL, request: ServiceRequest): Promise<Response> {
  const { method = 'GET', body, timeoutMs, now } = request;
  let headers: Record<string, string> = { 'user-agent': 'nightjar', ...request.headers };
  let at = new URL(url);
  for (let hop = 0; ; hop++) {
    const idle = new IdleLimit(timeoutMs, request.signal);
    let response: Response;
    try {
      response = await fetch(at, { method, headers, redirect: 'manual', signal: idle.signal, ...(body && { body }) });
    } catch (thrown) {
      idle.end();
      throw noAnswer(thrown, timeoutMs, request.signal);
    }
    const to = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (to === null) {
      const limited = idle.over(response);
      if (!limited.ok) throw await refusal(limited, now);
      return limited;
    }
    idle.end();
    await response.body?.cancel();
    const next = new URL(to, at);
    if (method !== 'GET' || hop === MOST_REDIRECTS) {
      const answer = `it redirects to ${next.origin}${next.pathname}; give the address that it redirects to`;
      throw new ServiceError({ status: response.status, answer });
    }
    if (next.origin !== at.origin) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.has(name.toLowerCase())));
    }
    at = next;
  }
}

/** The same, of a service that answers in JSON: a page in its place is not the service's. */
export async function apiFetch(url: string | URL, request: ServiceRequest): Promise<Response> {
  const response = await serviceFetch(url, request);
  if (response.status === 204 || response.headers.get('content-type')?.includes('json') === true) return response;
  const answer = answerOf(await response.text(), response);
  throw new ServiceError({ answer: answer === '' ? 'an answer without words' : answer, code: NOT_THE_API });
}

/** Aborts what nothing has come through for a while. */
class IdleLimit {
  readonly #ms: number;
  readonly #silent = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, given: AbortSignal | undefined) {
    this.#ms = ms;
    this.signal = given === undefined ? this.#silent.signal : AbortSignal.any([this.#silent.signal, given]);
    this.#restart();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silent.abort(new Error('silent')), this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** The response with the limit on its body. */
  over(response: Response): Response {
    const { body, status, statusText, headers } = response;
    if (body === null) {
      this.end();
      return response;
    }
    const reader = body.getReader();
    const limited = new ReadableStream<Uint8Array>({
      pull: async (to) => {
        this.#restart();
        try {
          const { done, value } = await reader.read();
          if (done) to.close();
          else to.enqueue(value);
        } catch (thrown) {
          to.error(noAnswer(thrown, this.#ms, undefined));
        }
        this.end();
      },
      cancel: async (why) => {
        this.end();
        await reader.cancel(why);
      },
    });
    return new Response(limited, { status, statusText, headers });
  }
}

function noAnswer(thrown: unknown, timeoutMs: number, given: AbortSignal | undefined): unknown {
  if (given?.aborted) return given.reason;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const isSilent = messageOf(cause) === 'silent' || messageOf(thrown) === 'silent';
  const answer = isSilent ? `nothing came for ${timeoutMs / 1000} s` : messageOf(cause) || String(code);
  return new ServiceError({ answer, code: typeof code === 'string' ? code : null }, { cause: thrown });
}

async function refusal(response: Response, now: number): Promise<ServiceError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const answer = answerOf(text, response);
  // GitHub asks for at least a minute where it names none.
  const unnamed = /secondary rate limit/i.test(answer) ? 60_000 : null;
  return new ServiceError({ status, answer, retryAfterMs: retryAfter(headers, status, now) ?? unnamed });
}

/** What a JSON answer says, however it is nested: GitLab's `{message: {base: ["…"]}}`, GitHub's `{message, errors}`. */
function answerOf(text: string, response: Response): string {
  let told = text;
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  if (isJson) {
    try {
      const { message, error, error_description, errors } = JSON.parse(text) as Record<string, unknown>;
      told = [message ?? error_description ?? error, errors].flatMap(sentencesOf).join('; ');
    } catch {
      // Not what it says it is; its text will do.
    }
  }
  const line = told
    .replace(/<(style|script|title)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
  return line.slice(0, LONGEST_ANSWER[isJson ? 'json' : 'other']) || response.statusText || 'no words';
}

function sentencesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(sentencesOf);
}

/** `Retry-After` in seconds or as a date; else the moment at which a used-up limit starts anew. */
function retryAfter(headers: Headers, status: number, now: number): number | null {
  const after = headers.get('retry-after');
  if (after !== null) {
    const ms = /^\d+$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - now;
    return Number.isFinite(ms) ? Math.max(0, ms) : null;
  }
  if (status !== 403 && status !== 429) return null;
  const [remaining, reset] = ['ratelimit-remaining', 'ratelimit-reset'].map(
    (name) => headers.get(name) ?? headers.get(`x-${name}`),
  );
  if (remaining !== '0' || !reset) return null;
  // A second more, so that it has begun when we ask.
  return Math.max(0, Number(reset) * 1_000 - now) + 1_000;
}
