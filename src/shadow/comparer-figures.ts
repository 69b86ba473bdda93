import type { EvidenceBatch } from '../domain/evidence.ts';
import type { SkipReason } from '../domain/shadow.ts';

/** Since the process began; `matched` is a part of `compared`, the others add up to what was eligible. */
export interface ComparerFigure {
  readonly route: string;
  readonly outcome: 'compared' | 'matched' | 'service-failed' | SkipReason;
  readonly count: number;
}

/** Running totals of what has been handed out as evidence, for the metrics. */
export class ComparerFigures {
  readonly #routes = new Map<string, Map<ComparerFigure['outcome'], number>>();

  add({ tallies }: EvidenceBatch): void {
    for (const { route, compared, matched, serviceFailed, skipped } of tallies) {
      this.#count(route, 'compared', compared);
      this.#count(route, 'matched', matched);
      this.#count(route, 'service-failed', serviceFailed);
      for (const [reason, count] of Object.entries(skipped)) this.#count(route, reason as SkipReason, count);
    }
  }

  all(): readonly ComparerFigure[] {
    const all: ComparerFigure[] = [];
    for (const [route, outcomes] of this.#routes) {
      for (const [outcome, count] of outcomes) all.push({ route, outcome, count });
    }
    return all;
  }

  #count(route: string, outcome: ComparerFigure['outcome'], count: number): void {
    if (count === 0) return;
    const outcomes = this.#routes.get(route) ?? new Map<ComparerFigure['outcome'], number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    this.#routes.set(route, outcomes);
  }
}
