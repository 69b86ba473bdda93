import zlib from 'node:zlib';
import { type HeaderLines, isNamed } from '../domain/header-lines.ts';

/** What is decoded at most: a kilobyte of gzip can hold a megabyte of nothing. */
export const mostDecoded = 1024 * 1024;
const mostCodings = 2;

type Decoder = (body: Uint8Array) => Uint8Array;

const bounded = { maxOutputLength: mostDecoded };

/** Only newer Nodes have zstd. */
const zstd = (zlib as { zstdDecompressSync?: (body: Uint8Array, options: typeof bounded) => Buffer })
  .zstdDecompressSync;

const gunzip: Decoder = (body) => zlib.gunzipSync(body, bounded);

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', (body) => (hasZlibHead(body) ? zlib.inflateSync(body, bounded) : zlib.inflateRawSync(body, bounded))],
  ['br', (body) => zlib.brotliDecompressSync(body, bounded)],
  ...(zstd === undefined ? [] : [['zstd', (body: Uint8Array) => zstd(body, bounded)] as const]),
]);

/** Undoes Content-Encoding. Null for a coding that is unknown or broken, for too many, and for too much. */
export function decodeBody(headers: HeaderLines, body: Uint8Array): Uint8Array | null {
  if (body.length === 0) return body;
  const codings = codingsOf(headers);
  if (codings.length > mostCodings) return null;
  let decoded = body;
  for (const coding of codings.reverse()) {
    const decode = decoders.get(coding);
    if (decode === undefined) return null;
    try {
      decoded = decode(decoded);
    } catch {
      return null;
    }
  }
  return decoded;
}

/** As applied, lower-case, over all lines; `identity` is none. */
function codingsOf(headers: HeaderLines): string[] {
  const codings: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i]!, 'content-encoding')) continue;
    for (const part of headers[i + 1]!.toLowerCase().split(',')) {
      const coding = part.trim();
      if (coding !== '' && coding !== 'identity') codings.push(coding);
    }
  }
  return codings;
}

/** Some servers mean raw deflate by "deflate", against the specification (RFC 9110 section 8.4.1.2). */
const hasZlibHead = (body: Uint8Array): boolean => (body[0]! & 0x0f) === 8 && ((body[0]! << 8) | body[1]!) % 31 === 0;
