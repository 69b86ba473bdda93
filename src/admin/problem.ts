import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

const titles: Partial<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export interface Problem {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly detail: string;
}

/** Every error of the admin port, in the form of RFC 9457. `more` adds members of its own. */
export function problem(c: Context, { status, code, detail }: Problem, more: object = {}): Response {
  const body = { type: 'about:blank', title: titles[status] ?? 'Error', status, code, detail, ...more };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}
