import type { Http2ServerResponse } from 'node:http2';
import type { Reply } from './reply.ts';

/** Fields of HTTP/1 that HTTP/2 forbids (RFC 9113 section 8.2.2); Node throws on them. */
const notInHttp2 = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Fields whose lines can't be told apart, or are read wrongly by many, once they are joined. */
const keptApart = new Set(['set-cookie', 'www-authenticate', 'proxy-authenticate']);

/**
 * The caller's side of one HTTP/2 stream. Node throws where HTTP/1.1 would carry on: whatever a target may say must
 * not get that far.
 */
export class Http2Reply implements Reply {
  readonly highestStatus = 599;
  readonly #response: Http2ServerResponse;
  #started = false;

  constructor(response: Http2ServerResponse, onDrain: () => void) {
    this.#response = response;
    response.on('drain', onDrain);
    // A stream that is cut ends in an error event; `close` tells us all that we need.
    response.on('error', () => {});
  }

  interim(status: number, _reason: string, headers: readonly string[]): void {
    const { stream } = this.#response;
    if (this.#started || stream === undefined || stream.destroyed || stream.closed) return;
    if (status === 100) this.#response.writeContinue();
    else stream.additionalHeaders({ ':status': status, ...http2Fields(headers) });
  }

  head(status: number, _reason: string, headers: readonly string[]): void {
    this.#started = true;
    this.#response.writeHead(status, http2Fields(headers));
  }

  /** Node sends an HTTP/2 head as soon as it is set, and joins frames by itself. */
  flush(): void {}
  cork(): void {}
  uncork(): void {}

  write(chunk: Buffer): boolean {
    return this.#response.write(Buffer.from(chunk));
  }

  writeWhole(chunk: Buffer): void {
    this.#response.write(Buffer.from(chunk));
  }

  end(trailers: readonly string[]): void {
    if (trailers.length > 0) this.#response.addTrailers(http2Fields(trailers));
    this.#response.end();
  }

  cut(): void {
    this.#response.stream?.close(2);
  }
}

/**
 * Fields as Node's HTTP/2 takes them: lower-case names, and one line a name. Joining lines by commas changes nothing
 * of what they say (RFC 9110 section 5.3); as separate lines Node refuses those that it knows to be single.
 */
export function http2Fields(flat: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!.toLowerCase();
    const value = flat[i + 1]!;
    if (notInHttp2.has(name)) continue;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (keptApart.has(name)) fields[name] = [...(Array.isArray(before) ? before : [before]), value];
    else if (before !== value) fields[name] = `${before}, ${value}`;
  }
  return fields;
}
