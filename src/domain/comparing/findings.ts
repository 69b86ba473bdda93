import type { Mismatch, MismatchKind } from '../mismatch.ts';
import type { Bounds, Comparison } from './comparison.ts';

/** After so many mismatches the rest of a document is not looked at any more. */
const mostSeen = 5_000;

/** Gathers what one comparison shows, within bounds. */
export class Findings {
  readonly bounds: Bounds;
  readonly #kept: Mismatch[] = [];
  readonly #alike = new Map<string, number>();
  #seen = 0;
  #suppressed = false;
  #cut = false;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  /** Nothing that is still to come would be kept. */
  get isFull(): boolean {
    return this.#seen >= Math.max(mostSeen, this.bounds.mismatches);
  }

  /** `values` is asked only where the mismatch is kept. */
  add(
    kind: MismatchKind,
    where: { readonly path: string; readonly pattern: string },
    values: () => readonly [control: string | null, candidate: string | null],
  ): void {
    this.#seen++;
    const signature = `${kind} ${where.pattern}`;
    const alike = this.#alike.get(signature) ?? 0;
    if (this.#kept.length >= this.bounds.mismatches || alike >= this.bounds.alike) {
      this.#cut = true;
      return;
    }
    this.#alike.set(signature, alike + 1);
    const [control, candidate] = values();
    this.#kept.push({ kind, path: where.path, pattern: where.pattern, control, candidate });
  }

  /** A rule let a difference pass. */
  suppress(): void {
    this.#suppressed = true;
  }

  get suppressed(): boolean {
    return this.#suppressed;
  }

  outcome(): Comparison {
    return {
      mismatches: this.#kept,
      thanksToRules: this.#suppressed,
      cut: this.#cut,
      ...(this.isFull && { stopped: true }),
    };
  }
}
