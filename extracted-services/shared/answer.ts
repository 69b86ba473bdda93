import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Scheme and host as the caller sees them: this service answers behind a proxy, under its public name. */
export function publicOrigin(c: Context): string {
  const scheme = first(c.req.header('x-forwarded-proto')) ?? 'http';
  const host = first(c.req.header('x-forwarded-host')) ?? c.req.header('host') ?? 'localhost';
  return `${scheme}://${host}`;
}

const first = (list: string | undefined): string | undefined => list?.split(',', 1)[0]?.trim() || undefined;

/** The same body in another order, with other ids and times, is the same thing: tags name versions of rows. */
export const versionTag = (kind: string, id: string | number, version: number): string =>
  `W/"${kind}-${id}-v${version}"`;

export function answer(c: Context, body: object, { etag, cache }: { etag?: string; cache: string }): Response {
  c.header('Cache-Control', cache);
  if (etag) {
    c.header('ETag', etag);
    if (holds(c.req.header('if-none-match'), etag)) return c.body(null, 304);
  }
  return stamped(c, body, 200);
}

/** The answer to a write. */
export const written = (c: Context, body: object, status: 200 | 201 | 202): Response => stamped(c, body, status);

export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;

  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export const answerError = (c: Context, { status, code, message }: ApiError): Response =>
  stamped(c, { error: { code, message } }, status);

function stamped(c: Context, body: object, status: ContentfulStatusCode): Response {
  const requestId = randomUUID();
  c.header('X-Request-Id', requestId);
  c.header('Content-Type', 'application/json; charset=utf-8');
  const text = JSON.stringify({ ...body, requestId, generatedAt: new Date().toISOString() });
  // Without it whatever is small would be compressed too, which the monolith does not do.
  c.header('Content-Length', String(Buffer.byteLength(text)));
  return c.body(text, status);
}

function holds(held: string | undefined, etag: string): boolean {
  if (held === undefined) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return held.trim() === '*' || held.split(',').some((tag) => opaque(tag) === opaque(etag));
}
