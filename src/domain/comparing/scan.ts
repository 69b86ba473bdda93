import {
  ARRAY,
  ESCAPED,
  FALSE,
  KEY,
  NOT_ASCII,
  NULL,
  NUMBER,
  OBJECT,
  STRIDE,
  STRING,
  type Tape,
  TRUE,
} from './tape.ts';

/** Why a text is no JSON document, and at which byte. */
export class JsonTrouble extends Error {
  override readonly name = 'JsonTrouble';

  constructor(what: string, at: number) {
    super(`${what} at ${at}`);
  }
}

/** 1 for what ends the quick part of a string: its quote, a backslash, control characters, anything beyond ASCII. */
const stops = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === 0x22 || byte === 0x5c || byte >= 0x80 ? 1 : 0,
);
const digits = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x30 && byte <= 0x39 ? 1 : 0));

export const hashSeed = 0x811c9dc5 | 0;

/** One step of the hash of bytes that keys are told apart by. */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/**
 * Room for the integers of documents to come. It is given from one scan to the next as long as it is of a usual size:
 * to clear fresh memory takes about as long as to read a small document.
 */
export class Room {
  nodes = new Int32Array(4_096);
}

const mostKept = 2 * 1024 * 1024;

/**
 * Reads one JSON value between two offsets, with nothing but white space around it, as RFC 8259 has it: strictly, in one
 * pass, without recursion. Throws {@link JsonTrouble}. The tape holds until the room is used again.
 */
export function scanJson(bytes: Uint8Array, from: number, to: number, room: Room = new Room()): Tape {
  let nodes = room.nodes;
  let n = 0;
  let at = from;
  let parent = -1;
  let inArray = false;
  // While a container is open, its last slot holds the one around it.
  value: for (;;) {
    while (at < to && bytes[at]! <= 0x20 && isSpace(bytes[at]!)) at++;
    if (at >= to) throw unexpected(bytes, at, to);
    if (n + 3 * STRIDE > nodes.length) nodes = grown(nodes);
    const byte = bytes[at]!;
    nodes[n + 1] = at;
    if (byte === 0x22) {
      let end = at + 1;
      while (end < to && stops[bytes[end]!] === 0) end++;
      let kind = STRING;
      if (bytes[end] !== 0x22 || end >= to) {
        const found = restOfString(bytes, end, to);
        kind |= found & (ESCAPED | NOT_ASCII);
        end = stringEnd;
      }
      at = end + 1;
      nodes[n] = kind;
      nodes[n + 2] = at;
      n += STRIDE;
      nodes[n - 1] = n;
    } else if (byte === 0x7b || byte === 0x5b) {
      inArray = byte === 0x5b;
      nodes[n] = inArray ? ARRAY : OBJECT;
      nodes[n + 3] = parent;
      parent = n;
      n += STRIDE;
      at++;
      while (at < to && bytes[at]! <= 0x20 && isSpace(bytes[at]!)) at++;
      if (at < to && bytes[at] === (inArray ? 0x5d : 0x7d)) {
        // Closed below, like any other container.
      } else if (inArray) continue;
      else {
        at = scanKey(bytes, at, to, nodes, n);
        n += STRIDE;
        continue;
      }
    } else {
      if (byte === 0x2d || digits[byte] === 1) {
        nodes[n] = NUMBER;
        at = scanNumber(bytes, at, to);
      } else if (byte === 0x74) {
        nodes[n] = TRUE;
        at = scanWord(bytes, at, to, 'true');
      } else if (byte === 0x66) {
        nodes[n] = FALSE;
        at = scanWord(bytes, at, to, 'false');
      } else if (byte === 0x6e) {
        nodes[n] = NULL;
        at = scanWord(bytes, at, to, 'null');
      } else throw unexpected(bytes, at, to);
      nodes[n + 2] = at;
      n += STRIDE;
      nodes[n - 1] = n;
    }
    for (;;) {
      while (at < to && bytes[at]! <= 0x20 && isSpace(bytes[at]!)) at++;
      if (parent === -1) {
        if (at < to) throw unexpected(bytes, at, to);
        room.nodes = nodes.length > mostKept ? new Int32Array(4_096) : nodes;
        return { bytes, nodes, length: n };
      }
      if (at >= to) throw unexpected(bytes, at, to);
      const mark = bytes[at]!;
      // Right after an opening, a comma is wrong: but then the opening was followed by its closing, or by a value.
      if (mark === 0x2c) {
        at++;
        if (inArray) continue value;
        while (at < to && bytes[at]! <= 0x20 && isSpace(bytes[at]!)) at++;
        if (n + 3 * STRIDE > nodes.length) nodes = grown(nodes);
        at = scanKey(bytes, at, to, nodes, n);
        n += STRIDE;
        continue value;
      }
      if (mark !== (inArray ? 0x5d : 0x7d)) throw unexpected(bytes, at, to);
      at++;
      const closed = parent;
      parent = nodes[closed + 3]!;
      nodes[closed + 2] = at;
      nodes[closed + 3] = n;
      inArray = parent !== -1 && nodes[parent] === ARRAY;
    }
  }
}

function grown(nodes: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(nodes.length * 2);
  larger.set(nodes);
  return larger;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function unexpected(bytes: Uint8Array, at: number, to: number): JsonTrouble {
  if (at >= to) return new JsonTrouble('unexpected end', at);
  const byte = bytes[at]!;
  return new JsonTrouble(`unexpected ${byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : 'character'}`, at);
}

/** Reads a key and its colon; returns what stands behind them. */
function scanKey(bytes: Uint8Array, from: number, to: number, nodes: Int32Array, node: number): number {
  if (from >= to || bytes[from] !== 0x22) throw unexpected(bytes, from, to);
  let end = from + 1;
  let hash = hashSeed;
  while (end < to && stops[bytes[end]!] === 0) {
    hash = hashStep(hash, bytes[end]!);
    end++;
  }
  let kind = KEY;
  if (bytes[end] !== 0x22 || end >= to) {
    kind |= restOfString(bytes, end, to) & (ESCAPED | NOT_ASCII);
    const quick = end;
    end = stringEnd;
    if ((kind & ESCAPED) !== 0) hash = hashOfEscaped(bytes, from, end + 1);
    else for (let i = quick; i < end; i++) hash = hashStep(hash, bytes[i]!);
  }
  let at = end + 1;
  nodes[node] = kind;
  nodes[node + 1] = from;
  nodes[node + 2] = at;
  nodes[node + 3] = hash;
  while (at < to && bytes[at]! <= 0x20 && isSpace(bytes[at]!)) at++;
  if (at >= to || bytes[at] !== 0x3a) throw unexpected(bytes, at, to);
  return at + 1;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** The hash of what a text with escapes stands for, so that it is that of the same text without. */
export function hashOfEscaped(bytes: Uint8Array, start: number, end: number): number {
  const text = JSON.parse(decoder.decode(bytes.subarray(start, end))) as string;
  let hash = hashSeed;
  for (const byte of encoder.encode(text)) hash = hashStep(hash, byte);
  return hash;
}

/** Where the string ends that {@link restOfString} read last: its quote. */
let stringEnd = 0;

/** The part of a string from its first unusual byte on; returns flags. */
function restOfString(bytes: Uint8Array, from: number, to: number): number {
  let flags = 0;
  let at = from;
  for (;;) {
    while (at < to && stops[bytes[at]!] === 0) at++;
    if (at >= to) throw new JsonTrouble('unexpected end', to);
    const byte = bytes[at]!;
    if (byte === 0x22) {
      stringEnd = at;
      return flags;
    }
    if (byte === 0x5c) {
      flags |= ESCAPED;
      at = afterEscape(bytes, at, to);
    } else if (byte >= 0x80) {
      flags |= NOT_ASCII;
      const length = utf8Length(bytes, at, to);
      if (length === 0) throw new JsonTrouble('invalid UTF-8', at);
      at += length;
    } else throw new JsonTrouble('a control character in a string', at);
  }
}

function afterEscape(bytes: Uint8Array, at: number, to: number): number {
  if (at + 1 >= to) throw new JsonTrouble('unexpected end', to);
  const byte = bytes[at + 1]!;
  if (byte !== 0x75) {
    if (byte < 0x80 && '"\\/bfnrt'.includes(String.fromCharCode(byte))) return at + 2;
    throw new JsonTrouble('an unknown escape', at);
  }
  for (let i = at + 2; i < at + 6; i++) {
    if (i >= to) throw new JsonTrouble('unexpected end', to);
    const lower = bytes[i]! | 0x20;
    if (digits[bytes[i]!] === 0 && (lower < 0x61 || lower > 0x66)) throw new JsonTrouble('an unknown escape', at);
  }
  return at + 6;
}

/** Bytes of the sequence that begins here; 0 where there is none (RFC 3629 section 4). */
function utf8Length(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]!;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > to) return 0;
  const second = bytes[at + 1]!;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = at + 2; i < at + length; i++) if ((bytes[i]! & 0xc0) !== 0x80) return 0;
  return length;
}

function scanNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  if (at < to && bytes[at] === 0x30) at++;
  else at = someDigits(bytes, at, to);
  if (at < to && bytes[at] === 0x2e) at = someDigits(bytes, at + 1, to);
  if (at < to && (bytes[at]! | 0x20) === 0x65) {
    at++;
    if (at < to && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
    at = someDigits(bytes, at, to);
  }
  return at;
}

function someDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && digits[bytes[at]!] === 1) at++;
  if (at === from) throw unexpected(bytes, at, to);
  return at;
}

function scanWord(bytes: Uint8Array, from: number, to: number, word: string): number {
  for (let i = 0; i < word.length; i++) {
    if (from + i >= to || bytes[from + i] !== word.charCodeAt(i)) throw unexpected(bytes, from + i, to);
  }
  return from + word.length;
}
