import { commonPrefix, commonSuffix } from './bytes.ts';
import type { RuleState } from './rule-states.ts';
import { deepest, hasRepeats } from './same.ts';
import { JsonTrouble, type Room, scanJson } from './scan.ts';
import { stateOfIndex, stateOfKey } from './state-of.ts';
import { ARRAY, endOf, keysOf, kindOf, nextOf, OBJECT, STRIDE, startOf, type Tape } from './tape.ts';

/** A value of control, how it is reached, and what the rules say of it. */
export interface Level {
  readonly node: number;
  readonly state: RuleState;
  /** The object or array around it; -1 for the document. */
  readonly parent: number;
  /** Its key there, or -1. */
  readonly key: number;
  /** Its position there, or -1. */
  readonly index: number;
}

export interface Narrowed {
  /** From the root to the value that holds all that differs. */
  readonly levels: readonly Level[];
  /** That value as candidate has it. */
  readonly candidate: Tape;
}

/** Values around the differing bytes that are tried before the whole document is read. */
const mostTries = 3;

/**
 * The smallest value that holds every differing byte. Bytes around it are the same on both sides, so candidate need not
 * be read there: it is JSON exactly where control is. Nothing is narrowed beyond an object that gives a key twice or an
 * array without order, where the rest of it has a say. `null` where the whole document has to be read.
 */
export function narrow(control: Tape, candidate: Uint8Array, root: RuleState, room: Room): Narrowed | null {
  const { bytes } = control;
  const from = commonPrefix(bytes, candidate);
  const tail = commonSuffix(bytes, candidate, Math.min(bytes.length, candidate.length) - from);
  const levels = levelsAround(control, root, from, bytes.length - tail);
  const longer = candidate.length - bytes.length;
  for (let tries = 0; tries < mostTries && levels.length > 1; tries++) {
    const { node } = levels.at(-1)!;
    try {
      return { levels, candidate: scanJson(candidate, startOf(control, node), endOf(control, node) + longer, room) };
    } catch (error) {
      if (!(error instanceof JsonTrouble)) throw error;
      levels.pop();
    }
  }
  return null;
}

function levelsAround(tape: Tape, root: RuleState, from: number, to: number): Level[] {
  const levels: Level[] = [{ node: 0, state: root, parent: -1, key: -1, index: -1 }];
  for (;;) {
    const { node, state } = levels.at(-1)!;
    if (state.ignored || state.unordered !== null || levels.length > deepest) return levels;
    const kind = kindOf(tape, node);
    const inner =
      kind === OBJECT
        ? memberAround(tape, node, state, from, to)
        : kind === ARRAY
          ? elementAround(tape, node, state, from, to)
          : null;
    if (inner === null) return levels;
    levels.push(inner);
  }
}

function memberAround(tape: Tape, object: number, state: RuleState, from: number, to: number): Level | null {
  const end = nextOf(tape, object);
  for (let key = object + STRIDE; key < end; key = nextOf(tape, key + STRIDE)) {
    const node = key + STRIDE;
    if (endOf(tape, node) < to) continue;
    if (startOf(tape, node) > from || hasRepeats(tape, keysOf(tape, object))) return null;
    return { node, state: stateOfKey(state, tape, key), parent: object, key, index: -1 };
  }
  return null;
}

function elementAround(tape: Tape, array: number, state: RuleState, from: number, to: number): Level | null {
  const end = nextOf(tape, array);
  let index = 0;
  for (let node = array + STRIDE; node < end; node = nextOf(tape, node), index++) {
    if (endOf(tape, node) < to) continue;
    if (startOf(tape, node) > from) return null;
    return { node, state: stateOfIndex(state, index), parent: array, key: -1, index };
  }
  return null;
}
