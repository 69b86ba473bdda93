import type { Comparing } from './comparing.ts';
import type { RuleState } from './rule-states.ts';
import { hasRepeats, type MemberPair, pairMembers, sameKey, sameSpan, sameValue } from './same.ts';
import { stateOfKey } from './state-of.ts';
import { keysOf, STRIDE } from './tape.ts';

/** Members are paired by key, in whatever order they stand. */
export function compareObjects(walk: Comparing, one: number, other: number, state: RuleState): void {
  const { control, candidate, trail } = walk;
  const [left, right] = [keysOf(control, one), keysOf(candidate, other)];
  const alike = left.length === right.length && left.every((key, i) => sameKey(control, key, candidate, right[i]!));
  if (!alike || hasRepeats(control, left)) {
    for (const pair of pairMembers(control, one, candidate, other)) {
      if (walk.isDone) return;
      compareMember(walk, pair, one, other, state);
    }
    return;
  }
  for (let i = 0; i < left.length; i++) {
    const key = left[i]!;
    if (sameSpan(control, key + STRIDE, candidate, right[i]! + STRIDE)) continue;
    if (walk.isDone) return;
    trail.enterKey(control, key, one, other);
    walk.compare(key + STRIDE, right[i]! + STRIDE, stateOfKey(state, control, key));
    trail.leave();
  }
}

function compareMember(walk: Comparing, pair: MemberPair, one: number, other: number, state: RuleState): void {
  const { control, candidate, trail } = walk;
  const key = pair.control.at(-1) ?? -1;
  const otherKey = pair.candidate.at(-1) ?? -1;
  const tape = key === -1 ? candidate : control;
  const inner = stateOfKey(state, tape, key === -1 ? otherKey : key);
  trail.enterKey(tape, key === -1 ? otherKey : key, one, other);
  if (key === -1 || otherKey === -1) {
    if (inner.ignored) walk.suppress();
    else if (pair.control.length > 1 || pair.candidate.length > 1)
      walk.reportRepeated(values(pair.control), values(pair.candidate));
    else
      walk.report(
        key === -1 ? 'extra' : 'missing',
        key === -1 ? -1 : key + STRIDE,
        otherKey === -1 ? -1 : otherKey + STRIDE,
      );
  } else if (repeatsDiffer(walk, pair)) {
    if (inner.ignored) walk.suppress();
    else walk.reportRepeated(values(pair.control), values(pair.candidate));
  } else walk.compare(key + STRIDE, otherKey + STRIDE, inner);
  trail.leave();
}

/** The last one of a repeated key counts, but those before it are no less sent. */
function repeatsDiffer(walk: Comparing, { control, candidate }: MemberPair): boolean {
  if (control.length !== candidate.length) return true;
  for (let i = 0; i < control.length - 1; i++) {
    if (!sameValue(walk.control, control[i]! + STRIDE, walk.candidate, candidate[i]! + STRIDE)) return true;
  }
  return false;
}

function values(keys: readonly number[]): number[] {
  return keys.map((key) => key + STRIDE);
}
