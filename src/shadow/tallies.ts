import { type Arm, type EvidenceBatch, latencyBounds, type Tally, windowSpan } from '../domain/evidence.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { Clock } from '../ports.ts';
import type { ComparerLane, ComparerLanes } from './comparer-lanes.ts';
import type { Counted } from './comparer-messages.ts';
import type { Tallies } from './pair.ts';
import { tallyKey } from './tally-key.ts';

type Skipped = Partial<Record<SkipReason, number>>;

interface OwnCount {
  readonly lane: ComparerLane;
  readonly arm: Arm;
  readonly window: number;
  serviceFailed: number;
  readonly skipped: Skipped;
}

interface InHand {
  readonly lane: ComparerLane;
  readonly arm: Arm;
  readonly at: number;
  count: number;
}

/**
 * Counts on the main thread: what never got as far as the worker, and how much the worker has in hand, so that
 * whatever becomes of it every pair is counted once.
 */
export class HostTallies implements Tallies {
  readonly #lanes: ComparerLanes;
  readonly #clock: Clock;
  #own = new Map<number, OwnCount>();
  #inHand = new Map<number, InHand>();

  constructor(lanes: ComparerLanes, clock: Clock) {
    this.#lanes = lanes;
    this.#clock = clock;
  }

  skipped(route: string, arm: Arm, reason: SkipReason, at = this.#clock.now()): void {
    const lane = this.#lanes.of(route, at);
    if (lane !== null) this.skip(lane, arm, at, reason);
  }

  serviceFailed(route: string, arm: Arm, at = this.#clock.now()): void {
    const lane = this.#lanes.of(route, at);
    if (lane !== null) this.#ownCount(lane, arm, at).serviceFailed += 1;
  }

  skip(lane: ComparerLane, arm: Arm, at: number, reason: SkipReason, count = 1): void {
    const { skipped } = this.#ownCount(lane, arm, at);
    skipped[reason] = (skipped[reason] ?? 0) + count;
  }

  /** The worker has one more pair in hand that it will count. */
  handed(lane: ComparerLane, arm: Arm, at: number): void {
    const key = tallyKey(lane.id, arm, at);
    const known = this.#inHand.get(key);
    if (known === undefined) this.#inHand.set(key, { lane, arm, at, count: 1 });
    else known.count += 1;
  }

  /** Whether the worker owes counts. */
  get owed(): boolean {
    return this.#inHand.size > 0;
  }

  /** The worker is gone: what it had not counted by then has failed. Returns how many pairs that were. */
  lose(): number {
    let lost = 0;
    for (const { lane, arm, at, count } of this.#inHand.values()) {
      this.skip(lane, arm, at, 'compare-failed', count);
      lost += count;
    }
    this.#inHand.clear();
    return lost;
  }

  /** Everything counted since the last call, the worker's part with our own; null when there is nothing. */
  take(counted: Counted | null): EvidenceBatch | null {
    const tallies: Tally[] = [];
    const own = this.#own;
    this.#own = new Map();
    for (const [i, key] of (counted?.keys ?? []).entries()) {
      const tally = counted!.tallies[i]!;
      this.#settle(key, tally.eligible);
      const ours = own.get(key);
      own.delete(key);
      tallies.push(ours === undefined ? tally : joined(tally, ours));
    }
    for (const count of own.values()) tallies.push(joined(emptyTally(count), count));
    const clusters = counted?.clusters ?? [];
    return tallies.length === 0 && clusters.length === 0 ? null : { tallies, clusters };
  }

  #settle(key: number, count: number): void {
    const inHand = this.#inHand.get(key);
    if (inHand === undefined) return;
    inHand.count -= count;
    if (inHand.count <= 0) this.#inHand.delete(key);
  }

  #ownCount(lane: ComparerLane, arm: Arm, at: number): OwnCount {
    const key = tallyKey(lane.id, arm, at);
    const known = this.#own.get(key);
    if (known !== undefined) return known;
    const count: OwnCount = { lane, arm, window: at - (at % windowSpan), serviceFailed: 0, skipped: {} };
    this.#own.set(key, count);
    return count;
  }
}

function emptyTally({ lane, arm, window }: OwnCount): Tally {
  const none = (): number[] => new Array<number>(latencyBounds.length + 1).fill(0);
  return {
    route: lane.route.id,
    fingerprint: lane.route.fingerprint,
    service: lane.route.service,
    arm,
    window,
    eligible: 0,
    compared: 0,
    matched: 0,
    matchedByRules: 0,
    matchedLater: 0,
    serviceFailed: 0,
    skipped: {},
    latency: { legacy: none(), service: none() },
    combinations: {},
    urls: [],
    callers: [],
    noise: { pairs: 0, differing: {} },
  };
}

function joined(tally: Tally, own: OwnCount): Tally {
  const skipped: Skipped = { ...tally.skipped };
  let eligible = tally.eligible + own.serviceFailed;
  for (const [reason, count] of Object.entries(own.skipped) as [SkipReason, number][]) {
    skipped[reason] = (skipped[reason] ?? 0) + count;
    eligible += count;
  }
  return { ...tally, eligible, serviceFailed: tally.serviceFailed + own.serviceFailed, skipped };
}
