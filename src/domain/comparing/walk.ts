import type { MismatchKind } from '../mismatch.ts';
import { compareArrays } from './arrays.ts';
import type { Comparing } from './comparing.ts';
import type { Findings } from './findings.ts';
import { rewrittenBy } from './normalization.ts';
import { compareObjects } from './objects.ts';
import type { RuleWatch } from './rule-error.ts';
import type { RuleState } from './rule-states.ts';
import { deepest, numberText, sameSpan, sameText, sameValue } from './same.ts';
import { ARRAY, endOf, FALSE, kindOf, NUMBER, OBJECT, STRING, startOf, stringOf, type Tape, TRUE } from './tape.ts';
import { toleratesNumbers, toleratesTexts } from './tolerance.ts';
import { Trail } from './trail.ts';
import { ValueHashes } from './value-hash.ts';
import { ValueReaches } from './value-reach.ts';
import { valueText } from './value-text.ts';

/**
 * What may be spent on finding out what belongs to what, for one comparison: values, and each 256 bytes of them. After
 * that only what is the same to the byte belongs together; what is reported stays true, if longer.
 */
const mostEffort = 500_000;

/** Compares two documents value by value, by the rules, and tells {@link Findings} what differs. */
export class Walk implements Comparing {
  readonly control: Tape;
  readonly candidate: Tape;
  readonly trail: Trail;
  readonly controlHashes: ValueHashes;
  readonly candidateHashes: ValueHashes;
  #controlReaches: ValueReaches | null = null;
  #candidateReaches: ValueReaches | null = null;
  readonly #findings: Findings;
  readonly #watch: RuleWatch | undefined;
  #probing = false;
  #differs = false;
  #suppressed = false;
  #effort = mostEffort;

  constructor(control: Tape, candidate: Tape, findings: Findings, watch: RuleWatch | undefined) {
    this.control = control;
    this.candidate = candidate;
    this.trail = new Trail(control, candidate);
    this.controlHashes = new ValueHashes(control, watch);
    this.candidateHashes = new ValueHashes(candidate, watch);
    this.#findings = findings;
    this.#watch = watch;
  }

  get controlReaches(): ValueReaches {
    this.#controlReaches ??= new ValueReaches(this.control, this.#watch);
    return this.#controlReaches;
  }

  get candidateReaches(): ValueReaches {
    this.#candidateReaches ??= new ValueReaches(this.candidate, this.#watch);
    return this.#candidateReaches;
  }

  compare(one: number, other: number, state: RuleState): void {
    const { control, candidate } = this;
    if (this.#probing) {
      this.#effort -= 1 + ((endOf(control, one) - startOf(control, one)) >> 8);
      if (this.#effort < 0) this.#differs = true;
      if (this.#differs) return;
    }
    if (sameSpan(control, one, candidate, other)) return;
    if (state.ignored) {
      if (!this.isSuppressed && !sameValue(control, one, candidate, other)) this.suppress();
      return;
    }
    const kind = kindOf(control, one);
    const otherKind = kindOf(candidate, other);
    if (kind !== otherKind) {
      const bothBoolean = (kind === TRUE || kind === FALSE) && (otherKind === TRUE || otherKind === FALSE);
      this.report(bothBoolean ? 'value' : 'type', one, other);
    } else if (kind === STRING) this.#strings(one, other, state);
    else if (kind === NUMBER) this.#numbers(one, other, state);
    else if (this.trail.depth >= deepest) this.report('value', one, other, `deeper than ${deepest} levels: `);
    else if (kind === OBJECT) compareObjects(this, one, other, state);
    else if (kind === ARRAY) compareArrays(this, one, other, state);
  }

  #numbers(one: number, other: number, { tolerance }: RuleState): void {
    if (sameValue(this.control, one, this.candidate, other)) return;
    const [left, right] = [numberText(this.control, one), numberText(this.candidate, other)];
    if (tolerance !== null && toleratesNumbers(left, right, tolerance)) this.suppress();
    else this.report('value', one, other);
  }

  #strings(one: number, other: number, { tolerance, rewritings }: RuleState): void {
    if (sameText(this.control, one, this.candidate, other)) return;
    if (tolerance !== null || rewritings.length > 0) {
      const left = rewrittenBy(rewritings, stringOf(this.control, one), this.#watch);
      const right = rewrittenBy(rewritings, stringOf(this.candidate, other), this.#watch);
      if (left === right || (tolerance !== null && toleratesTexts(left, right, tolerance))) {
        this.suppress();
        return;
      }
    }
    this.report('value', one, other);
  }

  equal(one: number, other: number, state: RuleState): boolean {
    const before = { probing: this.#probing, differs: this.#differs, suppressed: this.#suppressed };
    this.#probing = true;
    this.#differs = false;
    this.compare(one, other, state);
    const equal = !this.#differs;
    const suppressed = equal && this.#suppressed;
    this.#probing = before.probing;
    this.#differs = before.differs;
    this.#suppressed = before.suppressed || suppressed;
    if (this.#suppressed && !this.#probing) this.#findings.suppress();
    return equal;
  }

  get isProbing(): boolean {
    return this.#probing;
  }

  differ(): void {
    this.#differs = true;
  }

  get isDone(): boolean {
    return this.#probing ? this.#differs : this.#findings.isFull;
  }

  get isSuppressed(): boolean {
    return this.#suppressed;
  }

  suppress(): void {
    this.#suppressed = true;
    if (!this.#probing) this.#findings.suppress();
  }

  report(kind: MismatchKind, one: number, other: number, remark = ''): void {
    if (this.#probing) {
      this.#differs = true;
      return;
    }
    const { path, value } = this.#findings.bounds;
    const text = (tape: Tape, node: number) => (node === -1 ? null : remark + valueText(tape, node, value));
    this.#findings.add(kind, this.trail.texts(path), () => [text(this.control, one), text(this.candidate, other)]);
  }

  reportRepeated(control: readonly number[], candidate: readonly number[]): void {
    if (this.#probing) {
      this.#differs = true;
      return;
    }
    const { path, value } = this.#findings.bounds;
    const text = (tape: Tape, nodes: readonly number[]) => {
      if (nodes.length === 0) return null;
      if (nodes.length === 1) return valueText(tape, nodes[0]!, value);
      const shown = nodes.slice(0, 4).map((node) => valueText(tape, node, value / 4));
      return JSON.stringify(`key given ${nodes.length} times: ${shown.join(', ')}${nodes.length > 4 ? ', …' : ''}`);
    };
    this.#findings.add('value', this.trail.texts(path), () => [
      text(this.control, control),
      text(this.candidate, candidate),
    ]);
  }
}
