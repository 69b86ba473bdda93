import type { HistoryEntry, LiveRoute, Outcome, Refusal, Source } from './live.ts';

/** Who makes a change, and why: the part of a history entry that all routes of one change share. */
export interface Author {
  readonly source: Source;
  readonly who: string;
  readonly reason: string | null;
}

/** The rows while one change is made of them. Rows that are not touched keep their identity. */
export class Draft {
  readonly #rows: Map<string, LiveRoute>;
  readonly #entries: HistoryEntry[] = [];
  readonly #refused: Refusal[] = [];
  readonly #at: string;

  constructor(rows: readonly LiveRoute[], now: number) {
    this.#rows = new Map(rows.map((row) => [row.route, row]));
    this.#at = new Date(now).toISOString();
  }

  get(route: string): LiveRoute | undefined {
    return this.#rows.get(route);
  }

  /** A copy, so that rows may be removed on the way through it. */
  rows(): readonly LiveRoute[] {
    return [...this.#rows.values()];
  }

  /**
   * Puts a row in its place. The history hears of it when callers are affected (the percent moves, the latch is
   * set or cleared, or another service stands behind the route), and when more or less of them is shadowed.
   */
  put(row: LiveRoute, author: Author): void {
    const before = this.#rows.get(row.route);
    this.#rows.set(row.route, row);
    const affected =
      before === undefined ||
      before.live !== row.live ||
      before.latched !== row.latched ||
      before.service !== row.service;
    if (affected) this.#record('percent', row.route, before?.live ?? null, row.live, author);
    if ((before?.shadowLive ?? 0) !== row.shadowLive) {
      this.#record('shadow', row.route, before?.shadowLive ?? null, row.shadowLive, author);
    }
  }

  /** Puts a row in its place that differs in nothing that the history tells. */
  note(row: LiveRoute): void {
    this.#rows.set(row.route, row);
  }

  remove(row: LiveRoute, author: Author): void {
    this.#rows.delete(row.route);
    this.#record('percent', row.route, row.live, null, author);
    if (row.shadowLive !== 0) this.#record('shadow', row.route, row.shadowLive, null, author);
  }

  refuse(refusal: Refusal): void {
    this.#refused.push(refusal);
  }

  outcome(): Outcome {
    return { live: [...this.#rows.values()].sort(byRoute), entries: this.#entries, refused: this.#refused };
  }

  #record(what: HistoryEntry['what'], route: string, from: number | null, to: number | null, author: Author): void {
    this.#entries.push({ at: this.#at, what, route, from, to, ...author });
  }
}

/** The one order of rows, whichever state holds them. */
export function byRoute(a: LiveRoute, b: LiveRoute): number {
  if (a.route === b.route) return 0;
  return a.route < b.route ? -1 : 1;
}
