/**
 * A JSON document as one array of integers, four for each value or key, in the order of the text: nothing is decoded
 * until someone asks, numbers stay as they were written, and depth costs no stack.
 *
 * | slot | value | key |
 * |---|---|---|
 * | 0 | kind, and flags | kind, and flags |
 * | 1, 2 | where its text begins and ends | the same, quotes included |
 * | 3 | where the value after it and all it holds stands | a hash of the decoded key |
 *
 * The values of an array follow it; the members of an object follow it as key, value, key, value.
 */
export interface Tape {
  readonly bytes: Uint8Array;
  readonly nodes: Int32Array;
  /** Integers in use. */
  readonly length: number;
}

export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
export const NUMBER = 4;
export const TRUE = 5;
export const FALSE = 6;
export const NULL = 7;
export const KEY = 8;

/** Flags of strings and keys. */
export const ESCAPED = 16;
export const NOT_ASCII = 32;

const KIND = 15;
export const STRIDE = 4;

export function kindOf(tape: Tape, node: number): number {
  return tape.nodes[node]! & KIND;
}

export function startOf(tape: Tape, node: number): number {
  return tape.nodes[node + 1]!;
}

export function endOf(tape: Tape, node: number): number {
  return tape.nodes[node + 2]!;
}

/** Of a value: the one after it. The children of a container end where this begins. */
export function nextOf(tape: Tape, node: number): number {
  return tape.nodes[node + 3]!;
}

export function keyHashOf(tape: Tape, key: number): number {
  return tape.nodes[key + 3]!;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A string or a key, decoded. */
export function stringOf(tape: Tape, node: number): string {
  const { nodes, bytes } = tape;
  const [start, end] = [nodes[node + 1]!, nodes[node + 2]!];
  if ((nodes[node]! & ESCAPED) !== 0) return JSON.parse(decoder.decode(bytes.subarray(start, end))) as string;
  return textBetween(bytes, start + 1, end - 1);
}

const shortText = 24;

/** Bytes as text: a native call costs more than a few characters do. */
export function textBetween(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > shortText) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The elements of an array. */
export function elementsOf(tape: Tape, array: number): number[] {
  const elements: number[] = [];
  const end = tape.nodes[array + 3]!;
  for (let node = array + STRIDE; node < end; node = tape.nodes[node + 3]!) elements.push(node);
  return elements;
}

/** The keys of an object; each one's value stands {@link STRIDE} after it. */
export function keysOf(tape: Tape, object: number): number[] {
  const keys: number[] = [];
  const end = tape.nodes[object + 3]!;
  for (let key = object + STRIDE; key < end; key = tape.nodes[key + STRIDE + 3]!) keys.push(key);
  return keys;
}
