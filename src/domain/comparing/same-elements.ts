import type { Comparing } from './comparing.ts';
import type { Elements } from './elements.ts';
import { pairAlike } from './like-elements.ts';
import { Places } from './places.ts';
import type { RuleState } from './rule-states.ts';
import { sameSpan } from './same.ts';
import { endOf, startOf, type Tape } from './tape.ts';
import { spanHash } from './value-hash.ts';

/**
 * Pairs each element of control with one of candidate that is the same under the rules, wherever it stands: what is the
 * same to the byte first, then what the rules call equal. -1 where there is none.
 */
export function pairEqual(walk: Comparing, left: Elements, right: Elements, state: RuleState): Int32Array {
  const pairs = new Int32Array(left.nodes.length).fill(-1);
  const taken = new Uint8Array(right.nodes.length);
  const { control, candidate } = walk;
  const exact = new Places(right.nodes.length, taken, (j) => hashOfSpan(candidate, right.nodes[j]!));
  for (let i = 0; i < pairs.length; i++) {
    const node = left.nodes[i]!;
    pairs[i] = exact.take(hashOfSpan(control, node), (j) => sameSpan(control, node, candidate, right.nodes[j]!));
  }
  if (pairs.includes(-1) && taken.includes(0)) pairAlike(walk, left, right, state, pairs);
  return pairs;
}

function hashOfSpan(tape: Tape, node: number): number {
  return spanHash(tape.bytes, startOf(tape, node), endOf(tape, node));
}
