import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { Route, TargetSettings } from '../domain/settings.ts';
import type { EventSink, Sweeper } from '../ports.ts';
import { Bulkhead } from './bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { SharedLayers } from './layers.ts';
import { RetryBudget } from './retry-budget.ts';
import { type Stack, stackOf } from './stack.ts';

/** A circuit's name where it is about the target as a whole. */
const everyRoute = '*';

interface Known {
  readonly fingerprint: string;
  readonly stack: Stack;
}

/**
 * One target's stacks, route by route. A stack lives as long as its target and its route do: a reload or a shift closes no
 * circuit.
 */
export class Stacks {
  readonly #settings: TargetSettings;
  readonly #events: EventSink;
  readonly #shared: SharedLayers;
  #byRoute = new Map<string, Known>();
  /** Those of the settings before, for the routes that are still there. */
  #before = new Map<string, Known>();

  constructor(settings: TargetSettings, sweep: Sweeper, events: EventSink) {
    const { bulkhead, retry, timeout } = settings;
    this.#settings = settings;
    this.#events = events;
    this.#shared = {
      total: timeout.total,
      bulkhead: bulkhead === null ? null : new Bulkhead(bulkhead),
      retry: retry === null ? null : new RetryBudget(retry),
      reach: this.#circuitFor(everyRoute),
      sweep,
    };
  }

  /** New settings are about to ask for their stacks: what they don't ask for is forgotten. */
  renew(): void {
    this.#before = this.#byRoute;
    this.#byRoute = new Map();
  }

  of(route: Pick<Route, 'id' | 'fingerprint'> | null): Stack {
    const { id, fingerprint } = route ?? { id: '-', fingerprint: '' };
    const known = this.#byRoute.get(id) ?? this.#before.get(id);
    const stack = known?.fingerprint === fingerprint ? known.stack : this.#stackFor(id);
    this.#byRoute.set(id, { fingerprint, stack });
    return stack;
  }

  #stackFor(route: string): Stack {
    return stackOf(this.#shared, this.#circuitFor(route));
  }

  #circuitFor(route: string): CircuitBreaker | null {
    const { name: target, circuit: settings, timeout } = this.#settings;
    if (settings === null) return null;
    // Who is back later is not waited for by the target's own clocks, but for its caller.
    const patience = settings.reset + timeout.connect + timeout.response;
    return new CircuitBreaker({ target, route, settings, patience }, this.#events);
  }

  circuits(): readonly CircuitStanding[] {
    const all = [this.#shared.reach, ...[...this.#byRoute.values()].map(({ stack }) => stack.layers.circuit)];
    return all.flatMap((circuit) => circuit?.standing ?? []);
  }
}
