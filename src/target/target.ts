import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { InstanceFigures } from '../domain/instance-figures.ts';
import type { Route, TargetSettings } from '../domain/settings.ts';
import type { EventSink, InstancePort, Sweeper, TargetPort } from '../ports.ts';
import { type Balancer, balancerFor, type Seat, type SlowStart } from './balancer.ts';
import type { KnownInstance } from './known-instance.ts';
import { Nowhere } from './nowhere.ts';
import type { Roster } from './roster.ts';
import type { Stack } from './stack.ts';
import { Stacks } from './stacks.ts';
import type { Outcomes } from './wire/connection.ts';
import { Pool } from './wire/pool.ts';

export interface TargetParts {
  readonly roster: Roster;
  readonly sweep: Sweeper;
  readonly events: EventSink;
  readonly chance: () => number;
  /** What becomes of exchanges here is evidence about their instances. */
  readonly judges: boolean;
}

/** Someone who can answer: legacy or a service, with a pool for each of its instances. */
export class Target implements TargetPort {
  readonly name: string;
  readonly settings: TargetSettings;
  readonly roster: Roster;
  readonly #parts: TargetParts;
  readonly #balancer: Balancer;
  readonly #stacks: Stacks;
  readonly #unfollow: () => void;
  #seats: ReadonlyMap<KnownInstance, PooledSeat> = new Map();
  #usable: readonly PooledSeat[] = [];
  /** Pools of instances that went, as long as they have exchanges under way. */
  #leaving: Pool[] = [];
  /** When the last slow start is over; 0 while there is none. */
  #slowUntil = 0;

  constructor(settings: TargetSettings, parts: TargetParts) {
    this.name = settings.name;
    this.settings = settings;
    this.roster = parts.roster;
    this.#parts = parts;
    this.#balancer = balancerFor(settings.balance, parts.chance);
    this.#stacks = new Stacks(settings, parts.sweep, parts.events);
    this.#unfollow = parts.roster.onChange(() => this.#follow());
    this.#follow();
  }

  get instances(): number {
    return this.#seats.size;
  }

  pick(after?: InstancePort): InstancePort {
    if (after !== undefined) return this.#pickAnother(after);
    const usable = this.#usable;
    if (usable.length === 1) return usable[0]!.pool;
    if (usable.length === 0) return nowhere;
    return this.#balancer.next(usable, this.#slowUntil === 0 ? null : this.#slowStart()).pool;
  }

  stack(route: Pick<Route, 'id' | 'fingerprint'> | null): Stack {
    return this.#stacks.of(route);
  }

  circuits(): readonly CircuitStanding[] {
    return this.#stacks.circuits();
  }

  /** It is in the settings that follow too. */
  stay(): this {
    this.#stacks.renew();
    return this;
  }

  /** Sockets held, in use or idle. */
  get connections(): number {
    let sum = 0;
    for (const { pool } of this.#seats.values()) sum += pool.size;
    for (const pool of this.#leaving) sum += pool.size;
    return sum;
  }

  figures(): readonly InstanceFigures[] {
    return [...this.#seats].map(([known, { pool }]) => ({
      target: this.name,
      instance: known.name,
      processes: 1,
      unhealthy: known.health.well ? 0 : 1,
      ejected: known.ejected ? 1 : 0,
      leftAlone: known.leftAlone ? 1 : 0,
      why: known.why,
      ejections: known.ejections,
      pending: pool.pending,
    }));
  }

  /** Exchanges under way end in their own time. */
  close(): void {
    this.#unfollow();
    for (const { pool } of this.#seats.values()) pool.close();
  }

  destroy(): void {
    this.#unfollow();
    for (const { pool } of this.#seats.values()) pool.destroy();
    for (const pool of this.#leaving) pool.destroy();
  }

  /** For a request that `after` failed: of those that are well, else of all, one that failed least often of late. */
  #pickAnother(after: InstancePort): InstancePort {
    const isOther = ({ pool }: PooledSeat): boolean => pool !== after;
    const well = this.#usable.filter(isOther);
    const others = well.length > 0 ? well : [...this.#seats.values()].filter(isOther);
    if (others.length === 0) return this.#usable[0]?.pool ?? nowhere;
    const fewest = Math.min(...others.map(({ known }) => known.failures));
    const best = others.filter(({ known }) => known.failures === fewest);
    return best[Math.floor(this.#parts.chance() * best.length)]!.pool;
  }

  #slowStart(): SlowStart | null {
    const now = performance.now();
    if (now < this.#slowUntil) return { now, time: this.settings.slowStart };
    this.#slowUntil = 0;
    return null;
  }

  /** Takes up what has become of the roster; the pools of instances that stay are not touched. */
  #follow(): void {
    const { instances, usable } = this.roster;
    const seats = new Map(instances.map((known) => [known, this.#seats.get(known) ?? this.#seat(known)]));
    this.#leaving = this.#leaving.filter(({ size }) => size > 0);
    for (const [known, { pool }] of this.#seats) {
      if (seats.has(known)) continue;
      pool.close();
      this.#leaving.push(pool);
    }
    this.#seats = seats;
    this.#usable = usable.map((known) => seats.get(known)!);
    const latest = Math.max(...usable.map(({ since }) => since));
    const { slowStart } = this.settings;
    this.#slowUntil = slowStart > 0 && latest > 0 ? latest + slowStart : 0;
  }

  #seat(known: KnownInstance): PooledSeat {
    const { sweep, events, judges } = this.#parts;
    const { name: target } = this;
    const pool = new Pool(known.url, this.settings, sweep, judges ? known : unjudged(), (what) =>
      events.emit({ type: 'target.misbehaved', target, instance: known.name, what }),
    );
    return new PooledSeat(known, pool);
  }
}

const nowhere = new Nowhere();

class PooledSeat implements Seat {
  readonly known: KnownInstance;
  readonly pool: Pool;
  credit = 0;

  constructor(known: KnownInstance, pool: Pool) {
    this.known = known;
    this.pool = pool;
  }

  get pending(): number {
    return this.pool.pending;
  }

  get since(): number {
    return this.known.since;
  }
}

/** For exchanges of which nobody's callers hear. */
function unjudged(): Outcomes {
  return { failures: 0, onFailure: () => {} };
}
