import { type HeaderLines, isNamed } from './header-lines.ts';
import { queryPairs } from './query-pairs.ts';

let probes = 0;

/** What routes ask about one request. What few routes ask for is worked out when the first one asks. */
export class Probe {
  /** Tells one probe from the next without keeping any of it alive. */
  readonly serial = ++probes;
  readonly method: string;
  /** Normalised. */
  readonly path: string;
  readonly headers: HeaderLines;
  /** The method that a CORS preflight asks about; null for every other request. */
  readonly askedMethod: string | null;
  readonly #rawHost: string | null;
  readonly #rawQuery: string | null;
  #host: string | null | undefined;
  #query: readonly string[] | undefined;

  constructor(method: string, host: string | null, headers: HeaderLines, path: string, query: string | null) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.askedMethod = method === 'OPTIONS' ? preflightMethod(headers) : null;
    this.#rawHost = host;
    this.#rawQuery = query;
  }

  /** Lower-case, without port. */
  get host(): string | null {
    if (this.#host === undefined) this.#host = this.#rawHost === null ? null : bareHost(this.#rawHost);
    return this.#host;
  }

  /** Name, value, name, value…, decoded to bytes. */
  get query(): readonly string[] {
    this.#query ??= this.#rawQuery === null ? [] : queryPairs(this.#rawQuery);
    return this.#query;
  }
}

function preflightMethod(headers: HeaderLines): string | null {
  let asked: string | null = null;
  let fromBrowser = false;
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, 'origin')) fromBrowser = true;
    else if (asked === null && isNamed(headers[i]!, 'access-control-request-method')) asked = headers[i + 1]!;
  }
  return fromBrowser ? asked : null;
}

/** Without port and a root dot, in lower case: `API.example.com.:8443` is `api.example.com`. */
function bareHost(host: string): string {
  const bracket = host.lastIndexOf(']');
  const colon = host.indexOf(':', bracket + 1);
  const name = colon === -1 ? host : host.slice(0, colon);
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
