import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

export const maxFormBytes = 256 * 1024;
export const maxUploadBytes = 2 * 1024 ** 3;

export const tooLarge = (limit: number): HttpError =>
  new HttpError(413, 'too_large', `The body is larger than ${limit} bytes.`);

/** The body as it arrives, broken off where it gets longer than `limit`. */
export async function* limited(request: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let seen = 0;
  for await (const chunk of request) {
    seen += chunk.length;
    if (seen > limit) throw tooLarge(limit);
    yield chunk;
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  // Whoever sends too much is told so: giving up on the body must not end the connection.
  const body = request.iterator({ destroyOnReturn: false });
  for await (const chunk of limited(body, maxFormBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await text(request));
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (mediaType(request) !== 'application/json') {
    throw new HttpError(415, 'unsupported_media_type', 'Send application/json.');
  }
  const body = await text(request);
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpError(400, 'malformed_json', 'The body is not valid JSON.');
  }
}
