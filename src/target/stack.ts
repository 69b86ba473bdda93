import type { StackPort, TurnOwner } from '../ports.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Layers, SharedLayers } from './layers.ts';
import { Turn } from './turn.ts';

/** What a request meets on its way to a target, from the outside in; a {@link Turn} takes it through. */
export function stackOf(shared: SharedLayers, circuit: CircuitBreaker | null): Stack {
  return new Stack({
    // Timeout: the head of the answer is there in time, whatever is waited for further in.
    total: shared.total,
    // Bulkhead: no more requests are under way than the target can bear, and a few more wait for a place, for a while.
    bulkhead: shared.bulkhead,
    // Retry: what failed and may be sent twice is sent again after a moment, as long as that is the exception.
    retry: shared.retry,
    // Circuit of the target: while no connection is to be had nobody tries, but for one request now and then.
    reach: shared.reach,
    // Circuit of the route: while its answers fail nobody asks, but for one request now and then.
    circuit,
    // Transport: an instance is picked, and its connection carries one exchange and watches connect, response and idle.
    // It is the request's own, so that nothing stands between a target's bytes and the caller: see `Target.pick`.
    sweep: shared.sweep,
  });
}

export class Stack implements StackPort {
  readonly layers: Layers;
  readonly #isBare: boolean;

  constructor(layers: Layers) {
    const { total, bulkhead, retry, reach, circuit } = layers;
    this.layers = layers;
    this.#isBare = total === 0 && bulkhead === null && retry === null && reach === null && circuit === null;
  }

  turn(owner: TurnOwner): Turn | null {
    return this.#isBare ? null : new Turn(this.layers, owner);
  }
}
