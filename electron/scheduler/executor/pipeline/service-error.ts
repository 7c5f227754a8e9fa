/** The code of an answer that is none of the service's API. */
export const NOT_THE_API = 'NOT_THE_API';

/** A request to a service that went wrong: what was answered, or why there was no answer. */
export class ServiceError extends Error {
  /** Of the answer; null where there was none. */
  readonly status: number | null;
  /** What the answer says, without markup and in one line; of a broken connection, what the system says. */
  readonly answer: string;
  /** How long the service asks to be left alone, in milliseconds; null: it does not say. */
  readonly retryAfterMs: number | null;
  /** Of the system or of OpenSSL, where there was no answer: `ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly code: string | null;

  constructor(
    told: { status?: number; answer: string; retryAfterMs?: number | null; code?: string | null },
    options?: { cause?: unknown },
  ) {
    super(told.status === undefined ? told.answer : `${told.status}: ${told.answer}`, options);
    this.name = 'ServiceError';
    this.status = told.status ?? null;
    this.answer = told.answer;
    this.retryAfterMs = told.retryAfterMs ?? null;
    this.code = told.code ?? null;
  }

  /** Whether asking again may help: no answer, too many requests, or a fault of the service's own. */
  get isPassing(): boolean {
    if (this.status === null) return !this.isForeign;
    return this.status === 408 || this.status === 429 || this.status >= 500 || this.retryAfterMs !== null;
  }

  /** Whether the service surely did nothing of what it was asked for. */
  get isRefused(): boolean {
    if (this.status !== null) return this.status < 500;
    return (
      this.code === 'ENOTFOUND' || this.code === 'EAI_AGAIN' || this.code === 'ECONNREFUSED' || this.isOfCertificate
    );
  }

  /** Whether something else than the service answers: the page of a hotel's network, or what pretends to be the service. */
  get isForeign(): boolean {
    return this.isOfCertificate || this.code === NOT_THE_API;
  }

  get isOfCertificate(): boolean {
    return this.code !== null && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(this.code);
  }
}

/** The ServiceError in what was thrown: libraries wrap it. */
export function serviceErrorIn(thrown: unknown): ServiceError | undefined {
  for (let each = thrown; each instanceof Error; each = each.cause) if (each instanceof ServiceError) return each;
  return undefined;
}

/** What every service has in common: no answer, too many requests, a fault of its own. Undefined for what only it can explain. */
export function explainPassing(error: ServiceError, name: string, url: string): string | undefined {
  const where = `${name} at ${url}`;
  if (error.isOfCertificate) {
    return (
      `The certificate of ${where} is not trusted (${error.answer}). Where it is your own authority's, start Nightjar with ` +
      'NODE_EXTRA_CA_CERTS=/path/to/its.pem.'
    );
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return `There is no address for ${where} (${error.code}). Check the name and the network.`;
  }
  if (error.code === NOT_THE_API)
    return `What answers at ${url} is not ${name}'s API: ${error.answer}. Check the address.`;
  if (error.status === null) {
    return (
      `${where} does not answer (${error.answer}). Check the address and the network; behind a proxy, start Nightjar with ` +
      'HTTPS_PROXY and NODE_USE_ENV_PROXY=1.'
    );
  }
  if (error.status === 429) return `${where} takes no more requests for now: ${error.answer}.`;
  if (error.status >= 500) return `${where} has a fault of its own (${error.status}): ${error.answer}.`;
  return undefined;
}
