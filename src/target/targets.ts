import { isDeepStrictEqual } from 'node:util';
import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { Route, TargetSettings } from '../domain/settings.ts';
import type { EventSink, TargetPort, Transport } from '../ports.ts';
import type { Stack } from './stack.ts';
import { Stacks } from './stacks.ts';
import { Pool } from './wire/pool.ts';
import { Sweep } from './wire/sweep.ts';

/** Someone who can answer: legacy or a service, with a pool for each of its instances. */
export class Target implements TargetPort {
  readonly name: string;
  readonly settings: TargetSettings;
  readonly #pools: readonly Pool[];
  readonly #stacks: Stacks;
  #next = 0;

  constructor(settings: TargetSettings, sweep: Sweep, events: EventSink) {
    this.name = settings.name;
    this.settings = settings;
    this.#stacks = new Stacks(settings, sweep, events);
    this.#pools = settings.urls.map(
      (url) =>
        new Pool(url, settings, sweep, (what) =>
          events.emit({ type: 'target.misbehaved', target: settings.name, instance: url.authority, what }),
        ),
    );
  }

  get instances(): number {
    return this.#pools.length;
  }

  /** The pool of the instance whose turn it is. */
  pick(): Pool {
    const pool = this.#pools[this.#next]!;
    this.#next = this.#next + 1 === this.#pools.length ? 0 : this.#next + 1;
    return pool;
  }

  stack(route: Route | null): Stack {
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
    return this.#pools.reduce((sum, pool) => sum + pool.size, 0);
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
  }

  destroy(): void {
    for (const pool of this.#pools) pool.destroy();
  }
}

/** All targets of the settings in force. A reload keeps the connections of every target that did not change. */
export class Targets implements Transport {
  readonly sweep = new Sweep();
  readonly #events: EventSink;
  #byName: ReadonlyMap<string, Target> = new Map();

  constructor(events: EventSink) {
    this.#events = events;
  }

  apply(all: readonly TargetSettings[]): ReadonlyMap<string, Target> {
    const before = this.#byName;
    const now = new Map<string, Target>();
    for (const settings of all) {
      const known = before.get(settings.name);
      const unchanged = known !== undefined && isDeepStrictEqual(known.settings, settings);
      now.set(settings.name, unchanged ? known.stay() : new Target(settings, this.sweep, this.#events));
    }
    for (const target of before.values()) if (now.get(target.name) !== target) target.close();
    this.#byName = now;
    return now;
  }

  get connections(): number {
    let sum = 0;
    for (const target of this.#byName.values()) sum += target.connections;
    return sum;
  }

  circuits(): readonly CircuitStanding[] {
    return [...this.#byName.values()].flatMap((target) => target.circuits());
  }

  destroy(): void {
    for (const target of this.#byName.values()) target.destroy();
    this.sweep.close();
  }
}
