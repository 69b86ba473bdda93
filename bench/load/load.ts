/** What the generators of load have in common. */

/** One kind of request, sent by many callers over kept connections. */
export interface Order {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
  readonly connections: number;
  readonly seconds: number;
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  readonly errors: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Keeps `connections` requests under way, so that the proxy is as busy as it can be. */
export interface LoadGenerator {
  readonly name: string;
  run(order: Order): Promise<Load>;
}

/** Callers take turns, so that both sides of the split are asked. */
export const callers = 1_000;

/** What an API client sends along; `strangler` finds its caller in the cookie. */
export function headersOf(caller: number, body: string | null): Record<string, string> {
  return {
    'User-Agent': 'bench/1.0 (a client of the API)',
    Accept: 'application/json',
    'Accept-Encoding': 'gzip, deflate, br',
    Cookie: `theme=dark; session=s${caller}`,
    ...(body === null ? {} : { 'Content-Type': 'application/json' }),
  };
}
