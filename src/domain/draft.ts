import type { Contents, HistoryEntry, LiveRoute, Outcome, Refusal, Source } from './live.ts';
import type { Rollout } from './rollout/model.ts';
import { isUnderWay } from './rollout/position.ts';

/** Who makes a change, and why: the part of a history entry that all routes of one change share. */
export interface Author {
  readonly source: Source;
  readonly who: string;
  readonly reason: string | null;
}

/** Rows and rollouts while one change is made of them. What is not touched keeps its identity. */
export class Draft {
  /** ms since the epoch. */
  readonly now: number;
  readonly #rows: Map<string, LiveRoute>;
  readonly #rollouts: Map<string, Rollout>;
  readonly #entries: HistoryEntry[] = [];
  readonly #refused: Refusal[] = [];
  readonly #at: string;

  constructor({ live, rollouts }: Contents, now: number) {
    this.now = now;
    this.#rows = new Map(live.map((row) => [row.route, row]));
    this.#rollouts = new Map(rollouts.map((rollout) => [rollout.name, rollout]));
    this.#at = new Date(now).toISOString();
  }

  get(route: string): LiveRoute | undefined {
    return this.#rows.get(route);
  }

  /** A copy, so that rows may be removed on the way through it. */
  rows(): readonly LiveRoute[] {
    return [...this.#rows.values()];
  }

  rollout(name: string): Rollout | undefined {
    return this.#rollouts.get(name);
  }

  /** The rollout under way that moves this route. */
  rolloutOf(route: string): Rollout | undefined {
    for (const rollout of this.#rollouts.values()) {
      if (isUnderWay(rollout) && rollout.routes.includes(route)) return rollout;
    }
    return undefined;
  }

  /** In place of the one of this name. The history hears of it by {@link put} and {@link tell}. */
  putRollout(rollout: Rollout): void {
    this.#rollouts.set(rollout.name, rollout);
  }

  /** Says what became of a route's rollout where its callers stay where they are. */
  tell({ route, live }: LiveRoute, author: Author): void {
    this.#record('rollout', route, live, live, author);
  }

  /**
   * Puts a row in its place. The history hears of it when callers are affected, and when more or less of them is
   * shadowed.
   */
  put(row: LiveRoute, author: Author): void {
    const before = this.#rows.get(row.route);
    this.#rows.set(row.route, row);
    if (before === undefined || affectsCallers(before, row))
      this.#record('percent', row.route, before?.live ?? null, row.live, author);
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
    return {
      live: [...this.#rows.values()].sort(byRoute),
      rollouts: [...this.#rollouts.values()].sort(byName),
      entries: this.#entries,
      refused: this.#refused,
    };
  }

  #record(what: HistoryEntry['what'], route: string, from: number | null, to: number | null, author: Author): void {
    this.#entries.push({ at: this.#at, what, route, from, to, ...author });
  }
}

/** Whether the percent moves, the latch is set or cleared, or another service stands behind the route. */
export function affectsCallers(before: LiveRoute, after: LiveRoute): boolean {
  return before.live !== after.live || before.latched !== after.latched || before.service !== after.service;
}

/** The one order of rows, whichever state holds them. */
export function byRoute(a: LiveRoute, b: LiveRoute): number {
  return inOrder(a.route, b.route);
}

export function byName(a: Rollout, b: Rollout): number {
  return inOrder(a.name, b.name);
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
