import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errors } from '../domain/errors.ts';
import type { DomainEvent } from '../ports.ts';

/**
 * An error of the table as `application/problem+json`; it says nothing about who stands behind the proxy.
 * `retryAfter`: ms after which it is worth to ask again; 0 where nobody knows.
 */
export function problem(
  code: ErrorCode,
  retryAfter = 0,
): {
  status: number;
  reason: string;
  headers: string[];
  body: Buffer;
} {
  const { status, sentence, retryable } = errors[code];
  const body = Buffer.from(
    `${JSON.stringify({ type: `urn:strangler:error:${code}`, title: sentence, status, code, retryable })}\n`,
  );
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'X-Strangler-Error',
    code,
  ];
  if (retryAfter > 0) headers.push('Retry-After', String(Math.ceil(retryAfter / 1000)));
  return { status, reason: STATUS_CODES[status] ?? '', headers, body };
}

/** The same as a whole HTTP/1.1 message that ends its connection, for sockets that no ServerResponse stands for. */
export function problemMessage(code: ErrorCode, method: string, retryAfter = 0): string {
  const { status, reason, headers, body } = problem(code, retryAfter);
  let head = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${head}Date: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n${method === 'HEAD' ? '' : body.toString('latin1')}`;
}

/** A fault of ours, for the log: it costs the request that met it, not the process that serves everyone else. */
export function faultEvent(error: unknown): DomainEvent {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: 'request.failed', code: 'internal-error', route: '-', target: '-', detail };
}
