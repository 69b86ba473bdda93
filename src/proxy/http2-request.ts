import type { Http2ServerRequest } from 'node:http2';
import type { RawRequest } from './screen.ts';

/**
 * An HTTP/2 request as HTTP/1.1 would have told it (RFC 9113 sections 8.2.3 and 8.3): the authority as Host, the
 * crumbs of Cookie as one line, and a body of unknown length as a chunked one.
 */
export function inHttp1Terms(request: Http2ServerRequest): RawRequest {
  const { rawHeaders, stream } = request;
  const headers: string[] = [];
  const cookies: string[] = [];
  let host: string | null = null;
  let hasLength = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (name === ':authority') host = value;
    else if (name.startsWith(':')) continue;
    else if (name === 'cookie') cookies.push(value);
    else {
      if (name === 'content-length') hasLength = true;
      headers.push(name, value);
    }
  }
  if (cookies.length > 0) headers.push('cookie', cookies.join('; '));
  if (host !== null) replaceHost(headers, host);
  if (!stream.endAfterHeaders && !hasLength) headers.push('transfer-encoding', 'chunked');
  return {
    method: request.method,
    url: request.url,
    httpVersion: '2.0',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    rawHeaders: headers,
  };
}

/** RFC 9113 section 8.3.1: the authority counts, whatever a Host field beside it says. */
function replaceHost(headers: string[], host: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i] === 'host') headers.splice(i, 2);
  headers.unshift('host', host);
}
