import type { PartSettings } from './part.ts';
import type { PartFound } from './part-answer.ts';

/** Ours alone: it names the parts that are left out. */
const partialKey = '_partial';

export interface Merged {
  /** One JSON object. */
  readonly body: Buffer;
  /** The names of the parts that failed, in file order. */
  readonly partial: readonly string[];
}

type NamedPart = Pick<PartSettings, 'name' | 'spread'>;

/**
 * One JSON text of what the parts answered, in file order, with the very text of each value: long integers and the
 * spelling of numbers survive. A part that failed is left out and named in `_partial`. Where parts are spread, a later key
 * takes the place of an earlier one, as in `{ ...first, second, ...third }`; no other part writes any key but its name.
 */
export function mergeParts(parts: readonly NamedPart[], found: readonly PartFound[]): Merged {
  const partial = parts.filter((_, index) => found[index]!.is === 'failed').map(({ name }) => name);
  const pieces: Uint8Array[] = [];
  const add = (key: Uint8Array, text: Uint8Array): void =>
    void pieces.push(pieces.length === 0 ? open : comma, key, colon, text);
  if (parts.some(({ spread }) => spread)) {
    for (const { keyText, text } of spliced(parts, found)) add(keyText, text);
  } else {
    for (const [index, { name }] of parts.entries()) {
      const text = ownText(found[index]!);
      if (text !== null) add(keyOf(name), text);
    }
  }
  if (partial.length > 0) add(keyOf(partialKey), Buffer.from(JSON.stringify(partial)));
  if (pieces.length === 0) pieces.push(open);
  pieces.push(close);
  return { body: Buffer.concat(pieces), partial };
}

interface Entry {
  readonly keyText: Uint8Array;
  readonly text: Uint8Array;
}

function spliced(parts: readonly NamedPart[], found: readonly PartFound[]): Iterable<Entry> {
  const entries = new Map<string, Entry>();
  for (const [index, { name, spread }] of parts.entries()) {
    const one = found[index]!;
    if (!spread) {
      const text = ownText(one);
      if (text !== null) entries.set(name, { keyText: keyOf(name), text });
    } else if (one.is === 'value') {
      for (const member of one.members ?? []) entries.set(member.key, member);
    }
  }
  entries.delete(partialKey);
  return entries.values();
}

/** `null`: the part is left out. */
function ownText(found: PartFound): Uint8Array | null {
  if (found.is === 'value') return found.text;
  return found.is === 'absent' ? nothing : null;
}

const keys = new Map<string, Uint8Array>();

/** Names are few: they stand in routes.yaml. */
function keyOf(name: string): Uint8Array {
  let key = keys.get(name);
  if (key === undefined) {
    key = Buffer.from(JSON.stringify(name));
    keys.set(name, key);
  }
  return key;
}

const open = Buffer.from('{');
const close = Buffer.from('}');
const comma = Buffer.from(',');
const colon = Buffer.from(':');
const nothing = Buffer.from('null');
