import type { ResponseHead } from '../../../src/ports.ts';
import { ResponseParser } from '../../../src/target/wire/parser.ts';
import { WireError } from '../../../src/target/wire/wire-error.ts';

/** What the parser made of some bytes, however they were cut: pieces of a body are joined. */
export interface Reading {
  readonly interims: ResponseHead[];
  head: ResponseHead | null;
  body: string;
  trailers: readonly string[] | null;
  reusable: boolean | null;
  upgraded: boolean;
  /** Bytes that belonged to no response, in latin1. */
  surplus: string;
  /** The message of a WireError. */
  refused: string | null;
  /** What the end of the connection meant: null when it wasn't tried. */
  finished: boolean | null;
}

export interface Expecting {
  readonly method?: string;
  readonly upgrading?: boolean;
  readonly limit?: number;
  /** Whether the target closes after the last byte. */
  readonly closes?: boolean;
}

/** Feeds `pieces` one after the other, as reads of a socket would; any exception but a WireError goes through. */
export function read(pieces: readonly Buffer[], expecting: Expecting = {}): Reading {
  const { method = 'GET', upgrading = false, limit = 64 * 1024, closes = false } = expecting;
  const reading: Reading = {
    interims: [],
    head: null,
    body: '',
    trailers: null,
    reusable: null,
    upgraded: false,
    surplus: '',
    refused: null,
    finished: null,
  };
  const parser = new ResponseParser(
    {
      onInformational: (head) => void reading.interims.push(head),
      onHead: (head) => {
        reading.head = head;
      },
      onBody: (chunk) => {
        reading.body += chunk.toString('latin1');
      },
      onComplete: (trailers, reusable) => {
        reading.trailers = trailers;
        reading.reusable = reusable;
      },
      onUpgrade: (head) => {
        reading.head = head;
        reading.upgraded = true;
      },
    },
    { head: limit },
  );
  parser.expect(method, upgrading);
  try {
    for (const piece of pieces) {
      const taken = reading.surplus === '' ? parser.execute(piece) : 0;
      reading.surplus += piece.toString('latin1', taken);
    }
    if (closes) reading.finished = parser.finish();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    reading.refused = error.message;
  }
  return reading;
}

/** The same bytes cut at these places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places)].filter((place) => place > 0 && place < bytes.length).sort((a, b) => a - b);
  return [0, ...sorted].map((start, i) => bytes.subarray(start, sorted[i] ?? bytes.length));
}

export function bytewise(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1));
}
