import type { Arm } from '../domain/evidence.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import type { Pair, Seen } from './pair.ts';

/**
 * Pairs on their way to the worker. The main thread only concatenates: what is text goes as one string a pair, all
 * bodies as one buffer that changes hands. Header lines hold no line break (every parser on the way refuses one), so
 * that it separates them here.
 */
export interface Packed {
  readonly heads: readonly string[];
  /** {@link stride} a pair. */
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
}

/** A pair as the worker has it: bodies in one piece, views into the message's buffer. */
export interface UnpackedPair {
  readonly id: number;
  readonly lane: number;
  readonly arm: Arm;
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderLines;
  readonly clientIp: string;
  readonly traceparent: string;
  readonly requestBody: Uint8Array | null;
  readonly legacy: UnpackedSeen;
  readonly service: UnpackedSeen | null;
  readonly again: UnpackedSeen | null;
  /** Whether the host holds a look for it, under its id. */
  readonly hasLook: boolean;
}

export interface UnpackedSeen {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: Uint8Array;
  readonly whole: boolean;
  readonly milliseconds: number;
}

/** A pair that waits to be packed, with what the host has decided about it. */
export interface Accepted {
  readonly id: number;
  readonly lane: number;
  readonly pair: Pair;
  /** What it counts for while it waits. */
  readonly bytes: number;
}

// id, lane, arm, at, look, request's header count and body length; then for each of three sides: status (0: there is
// none), header count, body length, whole, milliseconds.
const head = 7;
const side = 5;
const stride = head + 3 * side;
const sides = ['legacy', 'service', 'again'] as const;

export function pack(accepted: readonly Accepted[]): Packed {
  const numbers = new Float64Array(accepted.length * stride);
  const heads: string[] = [];
  let length = 0;
  for (const { pair } of accepted) length += bodyBytes(pair);
  // Not from the pool: it is transferred.
  const bytes = Buffer.allocUnsafeSlow(length);
  let written = 0;
  const copy = (body: readonly Buffer[]): number => {
    const from = written;
    for (const piece of body) {
      bytes.set(piece, written);
      written += piece.length;
    }
    return written - from;
  };
  for (let i = 0, at = 0; i < accepted.length; i++, at += stride) {
    const { id, lane, pair } = accepted[i]!;
    numbers[at] = id;
    numbers[at + 1] = lane;
    numbers[at + 2] = pair.arm === 'service' ? 1 : 0;
    numbers[at + 3] = pair.at;
    numbers[at + 4] = pair.look === null ? 0 : 1;
    numbers[at + 5] = pair.headers.length;
    numbers[at + 6] = pair.requestBody === null ? -1 : copy(pair.requestBody);
    let text = `${pair.method}\n${pair.url}\n${pair.clientIp}\n${pair.traceparent}\n${pair.headers.join('\n')}`;
    for (let j = 0, to = at + head; j < sides.length; j++, to += side) {
      const seen = pair[sides[j]!];
      if (seen === null) continue;
      numbers[to] = seen.status;
      numbers[to + 1] = seen.headers.length;
      numbers[to + 2] = copy(seen.body);
      numbers[to + 3] = seen.whole ? 1 : 0;
      numbers[to + 4] = seen.milliseconds;
      text += `\n${seen.headers.join('\n')}`;
    }
    heads.push(text);
  }
  return { heads, numbers, bytes };
}

export function unpack({ heads, numbers, bytes }: Packed): UnpackedPair[] {
  let taken = 0;
  const take = (length: number): Uint8Array => {
    taken += length;
    return bytes.subarray(taken - length, taken);
  };
  return heads.map((text, i) => {
    const at = i * stride;
    const lines = text.split('\n');
    let line = 4;
    // A list without lines was joined to '' and so is one line too.
    const headers = (count: number): HeaderLines => {
      const from = line;
      line += Math.max(count, 1);
      return lines.slice(from, from + count);
    };
    const seen = (to: number): UnpackedSeen | null => {
      if (numbers[to] === 0) return null;
      return {
        status: numbers[to]!,
        headers: headers(numbers[to + 1]!),
        body: take(numbers[to + 2]!),
        whole: numbers[to + 3] === 1,
        milliseconds: numbers[to + 4]!,
      };
    };
    const requestBody = numbers[at + 6] === -1 ? null : take(numbers[at + 6]!);
    return {
      id: numbers[at]!,
      lane: numbers[at + 1]!,
      arm: numbers[at + 2] === 1 ? 'service' : 'legacy',
      at: numbers[at + 3]!,
      method: lines[0]!,
      url: lines[1]!,
      clientIp: lines[2]!,
      traceparent: lines[3]!,
      headers: headers(numbers[at + 5]!),
      requestBody,
      legacy: seen(at + head)!,
      service: seen(at + head + side),
      again: seen(at + head + 2 * side),
      hasLook: numbers[at + 4] === 1,
    };
  });
}

/** Bytes of all bodies of a pair. */
export function bodyBytes(pair: Pair): number {
  return lengthOf(pair.requestBody) + bodyOf(pair.legacy) + bodyOf(pair.service) + bodyOf(pair.again);
}

const bodyOf = (seen: Seen | null): number => (seen === null ? 0 : lengthOf(seen.body));

function lengthOf(pieces: readonly Buffer[] | null): number {
  if (pieces === null) return 0;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
