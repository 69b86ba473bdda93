import type { Comparing } from './comparing.ts';
import { type Elements, equalAt, positionOf } from './elements.ts';
import { Places } from './places.ts';
import type { RuleState } from './rule-states.ts';
import { sameSpan } from './same.ts';
import { stateOfIndex } from './state-of.ts';
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
  let open = 0;
  for (let i = 0; i < pairs.length; i++) {
    const node = left.nodes[i]!;
    pairs[i] = exact.take(hashOfSpan(control, node), (j) => sameSpan(control, node, candidate, right.nodes[j]!));
    if (pairs[i] === -1) open++;
  }
  if (open === 0) return pairs;
  const depth = walk.trail.depth + 1;
  const byRules = new Places(right.nodes.length, taken, (j) =>
    walk.candidateHashes.of(right.nodes[j]!, stateOfIndex(state, positionOf(right, j)), depth),
  );
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i] !== -1) continue;
    const node = left.nodes[i]!;
    const inner = stateOfIndex(state, positionOf(left, i));
    const hash = walk.controlHashes.of(node, inner, depth);
    pairs[i] = byRules.take(hash, (j) => equalAt(walk, left, i, right.nodes[j]!, inner));
  }
  return pairs;
}

function hashOfSpan(tape: Tape, node: number): number {
  return spanHash(tape.bytes, startOf(tape, node), endOf(tape, node));
}
