/**
 * Watches every split, in a rollout or not, and takes it back to 0 where its service clearly fails. What it looks at is
 * in the memory of this process: it needs no state to see, and none to act.
 */
import { getOrAdd } from '../domain/get-or-add.ts';
import { guardTrips } from '../domain/guard.ts';
import type { LiveRoute, Outcome } from '../domain/live.ts';
import { livePercent } from '../domain/plan.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import type { Route } from '../domain/settings.ts';
import type { EventSink } from '../ports.ts';
import { GuardWindow } from './guard-window.ts';

/** ms that a trip takes at most to be seen in the live percents: no route trips twice for what it did once. */
const settlesWithin = 5_000;

export interface GuardParts {
  /** The routes of the file in force, and their live percents. */
  readonly inForce: () => { readonly routes: readonly Route[]; readonly live: readonly LiveRoute[] };
  /** Takes routes to 0 at once, whether or not the state can be written. */
  readonly goBack: (route: string, reason: string) => Promise<Outcome>;
  readonly events: EventSink;
  /** Milliseconds by a clock that only goes on. */
  readonly monotonic: () => number;
}

export class GuardWatch {
  readonly #parts: GuardParts;
  /** By route, with the service whose failures are counted. */
  readonly #windows = new Map<string, { readonly service: string; readonly window: GuardWindow }>();
  readonly #trips = new Map<string, number>();
  /** Routes that have just tripped: until when nothing is asked of them. */
  readonly #settling = new Map<string, number>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** How often each route went back to 0 by this proxy's doing. */
  get trips(): ReadonlyMap<string, number> {
    return this.#trips;
  }

  /** Takes up what the arms did since they were told of last. */
  see(counts: readonly ArmCount[]): void {
    if (counts.length === 0) return;
    const split = this.#split();
    const now = this.#parts.monotonic();
    for (const count of counts) {
      const route = split.get(count.route);
      if (route === undefined) continue;
      const { service } = route;
      const there = this.#windows.get(count.route);
      // Of another service these figures say nothing.
      if (there !== undefined && there.service !== service) this.#windows.delete(count.route);
      const add = () => ({ service, window: new GuardWindow(count.route) });
      getOrAdd(this.#windows, count.route, add).window.add(count, now);
    }
  }

  /** Called about once a second. */
  look(): void {
    const now = this.#parts.monotonic();
    if (this.#windows.size === 0) return;
    const split = this.#split();
    for (const [id, { window }] of this.#windows) {
      const guard = split.get(id)?.guard;
      if (guard === undefined || guard === null || window.forgetBefore(now - guard.window)) {
        this.#windows.delete(id);
        continue;
      }
      if ((this.#settling.get(id) ?? 0) > now) continue;
      const reason = guardTrips(guard, window.evidence);
      if (reason !== null) void this.#trip(id, reason);
    }
  }

  async #trip(id: string, reason: string): Promise<void> {
    // For as long as the state takes to answer, however slow it is.
    this.#settling.set(id, Number.POSITIVE_INFINITY);
    try {
      const outcome = await this.#parts.goBack(id, reason);
      this.#windows.delete(id);
      this.#settling.set(id, this.#parts.monotonic() + settlesWithin);
      // Another proxy, or somebody, has taken it back meanwhile: it was said already.
      if (!outcome.entries.some(({ route }) => route === id)) return;
      this.#trips.set(id, (this.#trips.get(id) ?? 0) + 1);
      this.#parts.events.emit({ type: 'guard.tripped', route: id, reason });
    } catch {
      // Only a state that is closed takes not even this, and then the proxy ends. Else it is tried at the next look.
      this.#settling.delete(id);
    }
  }

  #split(): ReadonlyMap<string, Route> {
    const { routes, live } = this.#parts.inForce();
    const rows = new Map(live.map((row) => [row.route, row]));
    const isSplit = (route: Route): boolean => {
      const row = rows.get(route.id) ?? null;
      // Where the state follows a file with another service, going back would hurt that one's callers and help none of ours.
      if (row !== null && row.service !== route.service) return false;
      const percent = livePercent(route, row);
      return percent > 0 && percent < 100;
    };
    return new Map(routes.filter((route) => route.guard !== null && isSplit(route)).map((route) => [route.id, route]));
  }
}
