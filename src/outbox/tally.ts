import type { PublishFigures, PublishOutcome, PublishSeries } from '../domain/publishing/figures.ts';

/** Counts for one type on one route. */
export interface Tally {
  readonly route: string;
  readonly type: string;
  readonly counts: Record<PublishOutcome, number>;
  held: number;
  heldMilliseconds: number;
}

/** Outlives the snapshots: a counter must never fall. */
export class Tallies {
  readonly #all = new Map<string, Tally>();

  of(route: string, type: string): Tally {
    const key = JSON.stringify([route, type]);
    let tally = this.#all.get(key);
    if (tally === undefined) {
      const counts = { recorded: 0, dismissed: 0, uncertain: 0, lost: 0, refused: 0 };
      tally = { route, type, counts, held: 0, heldMilliseconds: 0 };
      this.#all.set(key, tally);
    }
    return tally;
  }

  figures(): PublishFigures {
    return [...this.#all.values()].map((tally): PublishSeries => ({ ...tally, counts: { ...tally.counts } }));
  }
}
