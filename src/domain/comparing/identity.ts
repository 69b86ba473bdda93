import { hashSeed, hashStep } from './scan.ts';
import { ARRAY, keyHashOf, kindOf, nextOf, OBJECT, STRIDE, stringOf, type Tape } from './tape.ts';
import { scalarHash } from './value-hash.ts';

const encoder = new TextEncoder();

/** The value behind a key of an object; -1 where there is none, or the value is no object. */
export function memberOf(tape: Tape, object: number, name: KeyName): number {
  if (kindOf(tape, object) !== OBJECT) return -1;
  const end = nextOf(tape, object);
  let found = -1;
  for (let key = object + STRIDE; key < end; key = nextOf(tape, key + STRIDE)) {
    if (keyHashOf(tape, key) === name.hash && stringOf(tape, key) === name.text) found = key + STRIDE;
  }
  return found;
}

/** A key to look for. */
export interface KeyName {
  readonly text: string;
  readonly hash: number;
}

export function keyName(text: string): KeyName {
  let hash = hashSeed;
  for (const byte of encoder.encode(text)) hash = hashStep(hash, byte);
  return { text, hash };
}

/** Fields that name an object wherever they occur in one, the surest first. */
const usual = ['id', '_id', 'uuid', 'key', 'sku', 'code', 'slug', 'name'].map(keyName);

/** What tells the elements of two arrays apart: a number for each, equal on both sides for what is the same thing. */
export interface Identities {
  readonly control: readonly number[];
  readonly candidate: readonly number[];
}

/**
 * By the first of the usual fields that every element has, with no value twice on either side. `null` where there is no
 * such field: then nothing but the position says which element became which.
 */
export function identitiesOf(a: Tape, left: readonly number[], b: Tape, right: readonly number[]): Identities | null {
  if (kindOf(a, left[0]!) !== OBJECT || kindOf(b, right[0]!) !== OBJECT) return null;
  for (const name of usual) {
    const control = valuesOf(a, left, name);
    if (control === null) continue;
    const candidate = valuesOf(b, right, name);
    if (candidate !== null) return { control, candidate };
  }
  return null;
}

function valuesOf(tape: Tape, elements: readonly number[], name: KeyName): number[] | null {
  const values: number[] = [];
  for (const element of elements) {
    const value = memberOf(tape, element, name);
    if (value === -1 || kindOf(tape, value) === OBJECT || kindOf(tape, value) === ARRAY) return null;
    values.push(scalarHash(tape, value));
  }
  return new Set(values).size === values.length ? values : null;
}
