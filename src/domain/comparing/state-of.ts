import { sameBytes } from './bytes.ts';
import type { RuleState } from './rule-states.ts';
import { ESCAPED, endOf, startOf, stringOf, type Tape } from './tape.ts';

/** What the rules say of the value behind a key. */
export function stateOfKey(state: RuleState, tape: Tape, key: number): RuleState {
  if (state.idle) return state;
  const [start, end] = [startOf(tape, key) + 1, endOf(tape, key) - 1];
  const escaped = (tape.nodes[key]! & ESCAPED) !== 0;
  for (const named of state.named) {
    const isIt = escaped
      ? stringOf(tape, key) === named.key
      : sameBytes(tape.bytes, start, end, named.bytes, 0, named.bytes.length);
    if (isIt) return named.state;
  }
  return state.otherKey;
}

export function stateOfIndex(state: RuleState, index: number): RuleState {
  if (state.idle) return state;
  return state.indexed.get(index) ?? state.otherIndex;
}
