import type { IncomingMessage } from 'node:http';

const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');

/** Whether the caller already holds what `etag` names (RFC 9110, weak comparison). */
export function isFresh(request: IncomingMessage, etag: unknown): boolean {
  const held = request.headers['if-none-match'];
  if (typeof etag !== 'string' || held === undefined) return false;
  return held.trim() === '*' || held.split(',').some((tag) => opaque(tag) === opaque(etag));
}
