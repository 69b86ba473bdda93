import { type HeaderLines, headerValue } from '../domain/header-lines.ts';

/** Whoever gets a request with this knows that nobody waits for the answer, and never shadows it again. */
const marker = 'x-strangler-shadow';

export function isMarked(rawHeaders: HeaderLines): boolean {
  return headerValue(rawHeaders, marker) !== null;
}

/** The lines that a copy gets besides the request's own. `traceparent` is left out where the request has one itself. */
export function markerFields(traceparent: string | null): string {
  return traceparent === null
    ? 'x-strangler-shadow: 1\r\n'
    : `x-strangler-shadow: 1\r\ntraceparent: ${traceparent}\r\n`;
}

/** The service says that it did not carry out what it was asked. */
export function isHonoured(fields: HeaderLines): boolean {
  return headerValue(fields, marker)?.trim().toLowerCase() === 'honoured';
}
