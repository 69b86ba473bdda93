/** Who is asked next. */
import { shareAt } from '../domain/instance-health.ts';
import type { TargetSettings } from '../domain/settings.ts';

/** What a balancer needs to know of an instance, and keeps with it. */
export interface Seat {
  /** Requests under way. */
  readonly pending: number;
  /** When it came or came back. */
  readonly since: number;
  /** What a slow start has saved up of its turns; one of them is taken when it makes a whole one. */
  credit: number;
}

/** A slow start that is under way for some instance; `null` when there is none. */
export interface SlowStart {
  readonly now: number;
  /** How long it takes, in ms. */
  readonly time: number;
}

export interface Balancer {
  /** One of `seats`, of which there is at least one. */
  next<S extends Seat>(seats: readonly S[], slowStart: SlowStart | null): S;
}

export function balancerFor(balance: TargetSettings['balance'], chance: () => number): Balancer {
  return balance === 'round-robin' ? new RoundRobin() : new LeastPending(chance);
}

/** Each in turn. */
class RoundRobin implements Balancer {
  #next = 0;

  next<S extends Seat>(seats: readonly S[], slowStart: SlowStart | null): S {
    for (let skipped = 0; ; skipped++) {
      if (this.#next >= seats.length) this.#next = 0;
      const seat = seats[this.#next++]!;
      // Where everybody skipped a turn, all are in their slow start: then they share equally.
      if (slowStart === null || skipped >= seats.length) return seat;
      seat.credit += shareOf(seat, slowStart);
      if (seat.credit >= 1) {
        seat.credit -= 1;
        return seat;
      }
    }
  }
}

/** Draws, until an instance in its slow start is taken without being let in: all may be at its beginning. */
const mostDraws = 16;

/**
 * The less busy one of two that chance chose: nearly as even as the least busy of all, and many proxies that see the same
 * don't all rush to the same instance.
 */
class LeastPending implements Balancer {
  readonly #chance: () => number;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  next<S extends Seat>(seats: readonly S[], slowStart: SlowStart | null): S {
    const { length } = seats;
    if (length === 1) return seats[0]!;
    let first = this.#below(length);
    for (let draw = 1; draw < mostDraws && !this.#lets(seats[first]!, slowStart); draw++) first = this.#below(length);
    const second = (first + 1 + this.#below(length - 1)) % length;
    const one = seats[first]!;
    const other = seats[second]!;
    return other.pending < one.pending && this.#lets(other, slowStart) ? other : one;
  }

  /** Whether it may stand for election: in its slow start only as often as its share says. */
  #lets(seat: Seat, slowStart: SlowStart | null): boolean {
    return slowStart === null || this.#chance() < shareOf(seat, slowStart);
  }

  #below(bound: number): number {
    return Math.floor(this.#chance() * bound);
  }
}

function shareOf(seat: Seat, { now, time }: SlowStart): number {
  return shareAt(now - seat.since, time);
}
