import { bodyKindOf, mediaTypeOf } from '../comparing/media-type.ts';
import { JsonTrouble, Room, scanJson } from '../comparing/scan.ts';
import {
  ARRAY,
  endOf,
  keysOf,
  kindOf,
  NULL,
  nextOf,
  OBJECT,
  STRIDE,
  startOf,
  stringOf,
  type Tape,
} from '../comparing/tape.ts';
import { type HeaderLines, isNamed } from '../header-lines.ts';
import type { PartSettings } from './part.ts';

/** What became of a part. */
export type PartFound =
  | PartValueFound
  /** There is none: `null` under its name, and nothing where it would be spread. */
  | { readonly is: 'absent' }
  /** A required part says by a 4xx that there is nothing to compose: its answer is the caller's. */
  | { readonly is: 'refusal' }
  | { readonly is: 'failed'; readonly why: string };

export interface PartValueFound {
  readonly is: 'value';
  /** The JSON text of it, as its service wrote it. */
  readonly text: Uint8Array;
  /** What stands in the answer itself, of a part that is spread; `null` for any other. */
  readonly members: readonly Member[] | null;
}

export interface Member {
  /** Decoded. */
  readonly key: string;
  /** The key as its service wrote it, quotes included. */
  readonly keyText: Uint8Array;
  readonly text: Uint8Array;
}

/** Lists and maps within each other; readers that recurse have met their end somewhere above. */
const deepest = 100;

/** Used again and again: one answer is read at a time. */
const room = new Room();

const absent: PartFound = { is: 'absent' };

/** Reads a part's whole answer. Nothing that a service sends is more than a part that failed. */
export function readPart(
  { required, spread }: Pick<PartSettings, 'required' | 'spread'>,
  { status, headers, body }: { readonly status: number; readonly headers: HeaderLines; readonly body: Uint8Array },
): PartFound {
  if (status >= 400 && status < 500) {
    if (required) return { is: 'refusal' };
    if (status === 404 || status === 410) return absent;
  }
  if (status < 200 || status >= 300) return { is: 'failed', why: `it answered ${status}` };
  if (status === 204 || status === 205) return absent;
  const unread = whyUnread(headers);
  return unread === null ? readJson(body, spread) : { is: 'failed', why: unread };
}

/** Why its body is not even looked at; `null` where it is. */
function whyUnread(headers: HeaderLines): string | null {
  let type: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    if (isNamed(name, 'content-encoding') && headers[i + 1]!.toLowerCase() !== 'identity') {
      return 'its body is compressed, though identity was asked for';
    }
    if (isNamed(name, 'content-type')) {
      if (type !== null) return 'it says twice what its body is';
      type = headers[i + 1]!;
    }
  }
  return type !== null && bodyKindOf(mediaTypeOf(type)) !== 'json' ? 'its answer is no JSON by its content-type' : null;
}

function readJson(body: Uint8Array, spread: boolean): PartFound {
  let tape: Tape;
  try {
    tape = scanJson(body, 0, body.length, room);
  } catch (error) {
    if (error instanceof JsonTrouble) return { is: 'failed', why: `its body is no JSON: ${error.message}` };
    throw error;
  }
  if (isTooDeep(tape)) return { is: 'failed', why: `its body is nested deeper than ${deepest}` };
  const text = textOf(tape, 0);
  if (!spread) return { is: 'value', text, members: null };
  if (kindOf(tape, 0) === NULL) return absent;
  if (kindOf(tape, 0) !== OBJECT) return { is: 'failed', why: 'only an object can be spread' };
  return { is: 'value', text, members: membersOf(tape) };
}

function membersOf(tape: Tape): readonly Member[] {
  return keysOf(tape, 0).map((key) => ({
    key: stringOf(tape, key),
    keyText: textOf(tape, key),
    text: textOf(tape, key + STRIDE),
  }));
}

function textOf(tape: Tape, node: number): Uint8Array {
  return tape.bytes.subarray(startOf(tape, node), endOf(tape, node));
}

/** Where the containers end that are open at the node that is looked at. */
const ends = new Int32Array(deepest);

function isTooDeep(tape: Tape): boolean {
  let depth = 0;
  for (let node = 0; node < tape.length; node += STRIDE) {
    while (depth > 0 && node >= ends[depth - 1]!) depth--;
    const kind = kindOf(tape, node);
    if (kind !== OBJECT && kind !== ARRAY) continue;
    if (depth === deepest) return true;
    ends[depth++] = nextOf(tape, node);
  }
  return false;
}
