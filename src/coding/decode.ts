import zlib from 'node:zlib';
import type { Undecoded } from '../domain/comparing/undecoded.ts';
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

/** Undoes Content-Encoding; where it can't be undone, says why. */
export function decodeBody(headers: HeaderLines, body: Uint8Array): Uint8Array | Undecoded {
  if (body.length === 0) return body;
  const codings = codingsOf(headers);
  if (codings.length > mostCodings) return notDecoded(`more than ${mostCodings} content codings`);
  let decoded = body;
  for (const coding of codings.reverse()) {
    const decode = decoders.get(coding);
    // The name of a coding is the sender's: what strangler doesn't know may be anything, a secret too.
    if (decode === undefined) return notDecoded('an unknown content coding');
    try {
      decoded = decode(decoded);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
      return notDecoded(`no ${coding}: ${(error as Error).message}`);
    }
  }
  return decoded;
}

const tooLarge: Undecoded = { kind: 'size', why: `more than ${mostDecoded} bytes when decoded` };

function notDecoded(what: string): Undecoded {
  return { kind: 'type', why: `not decoded: ${what}` };
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
