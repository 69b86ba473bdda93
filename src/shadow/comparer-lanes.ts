import type { Route, Settings } from '../domain/settings.ts';
import type { LaneOrder } from './comparer-messages.ts';

/** One route as one version of routes.yaml had it: what a pair is compared by, and counted under. */
export interface ComparerLane {
  readonly id: number;
  readonly route: Route;
  /** Requests from here on (ms since the epoch) are this lane's. */
  readonly since: number;
  /** When another took its place, or the route went. */
  until: number | null;
  /** The rule that stuck: nothing is compared by it again. */
  broken: string | null;
}

/** Pairs of a lane that is gone still come in while its last exchanges end. */
const remembered = 10 * 60_000;

/** The lanes of a routes.yaml and of those before it, so that a late pair is counted under what it began with. */
export class ComparerLanes {
  readonly #byId = new Map<number, ComparerLane>();
  /** Newest last. */
  readonly #byRoute = new Map<string, ComparerLane[]>();
  #lastId = 0;

  apply(settings: Settings, now: number): void {
    const there = new Set<string>();
    for (const route of settings.routes) {
      there.add(route.id);
      this.#take(route, now);
    }
    for (const [id, lanes] of this.#byRoute) {
      const newest = lanes.at(-1)!;
      if (!there.has(id) && newest.until === null) newest.until = now;
    }
    this.#forget(now);
  }

  /** The lane of a request that began at `at`; null for a route that there never was, or long ago. */
  of(route: string, at: number): ComparerLane | null {
    const lanes = this.#byRoute.get(route);
    if (lanes === undefined) return null;
    for (let i = lanes.length - 1; i > 0; i--) {
      if (lanes[i]!.since <= at) return lanes[i]!;
    }
    return lanes[0]!;
  }

  byId(id: number): ComparerLane | null {
    return this.#byId.get(id) ?? null;
  }

  orders(): readonly LaneOrder[] {
    return Array.from(this.#byId.values(), ({ id, route }) => ({ id, route }));
  }

  #take(route: Route, now: number): void {
    const lanes = this.#byRoute.get(route.id) ?? [];
    const newest = lanes.at(-1);
    if (newest !== undefined && isSame(newest.route, route)) {
      newest.until = null;
      return;
    }
    if (newest !== undefined) newest.until ??= now;
    this.#lastId += 1;
    const lane: ComparerLane = { id: this.#lastId, route, since: now, until: null, broken: null };
    lanes.push(lane);
    this.#byRoute.set(route.id, lanes);
    this.#byId.set(lane.id, lane);
  }

  #forget(now: number): void {
    for (const [id, lanes] of this.#byRoute) {
      const kept = lanes.filter(({ until }) => until === null || until > now - remembered);
      for (const lane of lanes) if (!kept.includes(lane)) this.#byId.delete(lane.id);
      if (kept.length === 0) this.#byRoute.delete(id);
      else this.#byRoute.set(id, kept);
    }
  }
}

/** Whether pairs may be held against each other and counted by either. */
function isSame(one: Route, other: Route): boolean {
  return identity(one) === identity(other);
}

const identity = ({ fingerprint, service, matches, shadow }: Route): string =>
  JSON.stringify([fingerprint, service, matches, shadow]);
