import type { Mismatch } from '../mismatch.ts';

/** What two answers, held against each other, showed. */
export interface Comparison {
  /** In the order of the document, heads first. Empty: they match. */
  readonly mismatches: readonly Mismatch[];
  /** A rule let at least one difference pass. */
  readonly thanksToRules: boolean;
  /** There were more mismatches than are kept. */
  readonly cut: boolean;
  /** There were so many that the rest of the two was not looked at. */
  readonly stopped?: true;
}

/** How much is kept of what differs. */
export interface Bounds {
  /** Mismatches of one comparison. */
  readonly mismatches: number;
  /** Mismatches with one kind and pattern: a thousand wrong prices must not hide the one missing name behind them. */
  readonly alike: number;
  /** Characters of a value's JSON text; a longer one ends with `… (cut: N bytes)`. */
  readonly value: number;
  /** Characters of a path or a pattern; a longer one has a `…` in its middle. */
  readonly path: number;
}

export const defaultBounds: Bounds = { mismatches: 100, alike: 10, value: 256, path: 256 };
