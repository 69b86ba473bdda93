import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { isFresh } from './conditional.ts';
import { HttpError } from './http-error.ts';

const worthCompressing = 1024;

/** One request and its answer, with the few things that nearly every handler needs. */
export class Exchange {
  readonly requestId = randomUUID();
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the route's `:names` matched, still percent-encoded. */
  readonly params: Readonly<Record<string, string>>;

  constructor(request: IncomingMessage, response: ServerResponse, params: Readonly<Record<string, string>>) {
    this.request = request;
    this.response = response;
    const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
    this.path = path;
    this.query = new URLSearchParams(query);
    this.params = params;
    response.setHeader('X-Request-Id', this.requestId);
  }

  /** Scheme and host as the visitor sees them: the Host header is all that this application knows of its address. */
  get origin(): string {
    const scheme = this.request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
    return `${scheme}://${this.request.headers.host ?? 'localhost'}`;
  }

  cookie(name: string): string | undefined {
    for (const pair of (this.request.headers.cookie ?? '').split(';')) {
      const [key, value] = splitOnce(pair.trim(), '=');
      if (key === name) return value;
    }
    return undefined;
  }

  addCookie(cookie: string): void {
    this.response.appendHeader('Set-Cookie', cookie);
  }

  param(name: string): string {
    return this.params[name] ?? '';
  }

  /** A route parameter that has to be a row's number; anything else is a row that isn't there. */
  id(name = 'id'): number {
    const text = this.param(name);
    if (!/^[1-9]\d{0,14}$/.test(text)) throw new HttpError(404, 'not_found', `There is no ${text}.`);
    return Number(text);
  }

  /** The volatile fields come last; `etag` names the version of the rest, so it has to be weak. */
  json(status: number, body: object, headers: OutgoingHttpHeaders & { etag?: string } = {}): void {
    const stamped = { ...body, requestId: this.requestId, generatedAt: new Date().toISOString() };
    this.send(status, 'application/json; charset=utf-8', JSON.stringify(stamped), headers);
  }

  html(status: number, page: { toString(): string }, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, 'text/html; charset=utf-8', page.toString(), { 'cache-control': 'no-store', ...headers });
  }

  /** Location is absolute, as it was when the standard still asked for that. */
  redirect(status: 301 | 302 | 303, path: string): void {
    this.response.writeHead(status, { location: this.origin + path, 'content-length': 0 }).end();
  }

  send(status: number, contentType: string, body: string | Buffer, headers: OutgoingHttpHeaders): void {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.response.setHeader(name, value);
    }
    this.response.appendHeader('Vary', 'Accept-Encoding');
    if (status === 200 && isFresh(this.request, headers.etag)) {
      this.response.writeHead(304).end();
      return;
    }
    const plain = Buffer.from(body as string);
    const compress = plain.length >= worthCompressing && this.#accepts('gzip');
    const bytes = compress ? gzipSync(plain) : plain;
    if (compress) this.response.setHeader('Content-Encoding', 'gzip');
    this.response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length }).end(bytes);
  }

  #accepts(coding: string): boolean {
    const offered = String(this.request.headers['accept-encoding'] ?? '').split(',');
    return offered.some((entry) => {
      const [name, ...parameters] = entry.split(';').map((part) => part.trim());
      return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    });
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
