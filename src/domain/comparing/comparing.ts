import type { MismatchKind } from '../mismatch.ts';
import type { RuleState } from './rule-states.ts';
import type { Tape } from './tape.ts';
import type { Trail } from './trail.ts';
import type { ValueHashes } from './value-hash.ts';
import type { ValueReaches } from './value-reach.ts';

/** A comparison under way, as those see it who compare the inside of objects and of arrays. */
export interface Comparing {
  readonly control: Tape;
  readonly candidate: Tape;
  readonly trail: Trail;
  readonly controlHashes: ValueHashes;
  readonly candidateHashes: ValueHashes;
  readonly controlReaches: ValueReaches;
  readonly candidateReaches: ValueReaches;
  /** It is only asked whether anything differs: nothing is reported. */
  readonly isProbing: boolean;
  /** Nothing more is wanted: what remains need not be compared. */
  readonly isDone: boolean;
  readonly isSuppressed: boolean;
  compare(one: number, other: number, state: RuleState): void;
  /** Whether the rules call two values equal. What they let pass is remembered only where they do. */
  equal(one: number, other: number, state: RuleState): boolean;
  /** A rule lets a difference pass. */
  suppress(): void;
  /** While probing: there is a difference. */
  differ(): void;
  /** -1 stands for nothing. */
  report(kind: MismatchKind, one: number, other: number): void;
  /** A key that one side gives more often than the other, or with other values: these. */
  reportRepeated(control: readonly number[], candidate: readonly number[]): void;
}
