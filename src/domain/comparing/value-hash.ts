import { decimalOf } from './decimal.ts';
import { rewrittenBy } from './normalization.ts';
import type { RuleWatch } from './rule-error.ts';
import type { RuleState } from './rule-states.ts';
import { deepest, numberText } from './same.ts';
import { hashOfEscaped, hashSeed, hashStep } from './scan.ts';
import { stateOfIndex, stateOfKey } from './state-of.ts';
import {
  ARRAY,
  ESCAPED,
  endOf,
  keyHashOf,
  kindOf,
  NUMBER,
  nextOf,
  OBJECT,
  STRIDE,
  STRING,
  startOf,
  stringOf,
  type Tape,
} from './tape.ts';
import { reachOfNumber, reachOfText } from './tolerance.ts';

/**
 * Hashes of values under the rules: what rules call equal has the same hash. The other way round it need not hold, so
 * a hash only ever says what is worth comparing. Each object and array is hashed once.
 */
export class ValueHashes {
  readonly #tape: Tape;
  readonly #watch: RuleWatch | undefined;
  readonly #known = new Map<number, number>();

  constructor(tape: Tape, watch: RuleWatch | undefined) {
    this.#tape = tape;
    this.#watch = watch;
  }

  of(node: number, state: RuleState, depth: number): number {
    const tape = this.#tape;
    if (state.ignored) return 1;
    const kind = kindOf(tape, node);
    if (kind === STRING && (state.tolerance !== null || state.rewritings.length > 0)) return this.#string(node, state);
    if (kind === NUMBER && state.tolerance !== null) {
      // What is tolerated differs in ways that only a comparison can judge.
      return reachOfNumber(numberText(tape, node), state.tolerance) === null ? scalarHash(tape, node) : kind;
    }
    if (kind !== OBJECT && kind !== ARRAY) return scalarHash(tape, node);
    if (depth >= deepest) return spanHash(tape.bytes, startOf(tape, node), endOf(tape, node));
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const hash = kind === OBJECT ? this.#object(node, state, depth + 1) : this.#array(node, state, depth + 1);
    this.#known.set(node, hash);
    return hash;
  }

  #string(node: number, { tolerance, rewritings }: RuleState): number {
    const text = rewrittenBy(rewritings, stringOf(this.#tape, node), this.#watch);
    if (tolerance !== null && reachOfText(text, tolerance) !== null) return STRING;
    let hash = hashSeed;
    for (let i = 0; i < text.length; i++) hash = hashStep(hash, text.charCodeAt(i));
    return mixed(STRING, hash);
  }

  #object(node: number, state: RuleState, depth: number): number {
    const tape = this.#tape;
    const end = nextOf(tape, node);
    let sum = OBJECT;
    for (let key = node + STRIDE; key < end; key = nextOf(tape, key + STRIDE)) {
      const inner = state.idle ? state : stateOfKey(state, tape, key);
      // An ignored member may be missing on the other side.
      if (inner.ignored) continue;
      // Members may stand in any order, so what each adds is added up.
      sum = (sum + mixed(keyHashOf(tape, key), this.of(key + STRIDE, inner, depth))) | 0;
    }
    return sum;
  }

  #array(node: number, state: RuleState, depth: number): number {
    const tape = this.#tape;
    const end = nextOf(tape, node);
    let [hash, sum, index] = [ARRAY, ARRAY, 0];
    for (let element = node + STRIDE; element < end; element = nextOf(tape, element)) {
      const inner = state.idle ? state : stateOfIndex(state, index++);
      if (inner.ignored) continue;
      const one = this.of(element, inner, depth);
      hash = mixed(hash, one);
      sum = (sum + mixed(ARRAY, one)) | 0;
    }
    return state.unordered === null ? hash : sum;
  }
}

/** Of a value that holds no others, whatever the rules say. */
export function scalarHash(tape: Tape, node: number): number {
  const kind = kindOf(tape, node);
  if (kind === NUMBER) return numberHash(tape, node);
  if (kind !== STRING) return kind;
  const [start, end] = [startOf(tape, node), endOf(tape, node)];
  const escaped = (tape.nodes[node]! & ESCAPED) !== 0;
  return mixed(STRING, escaped ? hashOfEscaped(tape.bytes, start, end) : textHash(tape.bytes, start + 1, end - 1));
}

function mixed(hash: number, other: number): number {
  let value = Math.imul(hash ^ Math.imul(other, 0x9e3779b1), 0x85ebca6b);
  value ^= value >>> 15;
  value = Math.imul(value, 0xc2b2ae35);
  return value ^ (value >>> 13);
}

function textHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashSeed;
  for (let i = start; i < end; i++) hash = hashStep(hash, bytes[i]!);
  return hash;
}

/** Of bytes as they are, whatever they mean: four at a time. */
export function spanHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashSeed ^ (end - start);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = hashStep(hash, bytes[i]!);
  return mixed(hash, end - start);
}

const plainInteger = /^(?:0|-?[1-9]\d{0,8})$/;

function numberHash(tape: Tape, node: number): number {
  const text = numberText(tape, node);
  if (plainInteger.test(text)) return mixed(NUMBER, Number(text));
  const decimal = decimalOf(text);
  if (decimal === null) return NUMBER;
  const { negative, digits, exponent } = decimal;
  if (exponent >= 0n && digits.length + Number(exponent) <= 9) {
    const whole = Number(digits === '' ? '0' : digits) * 10 ** Number(exponent);
    return mixed(NUMBER, negative ? -whole : whole);
  }
  let hash = negative ? NUMBER : 0;
  for (let i = 0; i < digits.length; i++) hash = hashStep(hash, digits.charCodeAt(i));
  return mixed(hash, Number(BigInt.asIntN(32, exponent)));
}
