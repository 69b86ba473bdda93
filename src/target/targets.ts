import { isDeepStrictEqual } from 'node:util';
import type { TargetSettings } from '../domain/settings.ts';
import type { EventSink, TargetPort, Transport } from '../ports.ts';
import { Pool } from './wire/pool.ts';
import { Sweep } from './wire/sweep.ts';

/** Someone who can answer: legacy or a service, with a pool for each of its instances. */
export class Target implements TargetPort {
  readonly name: string;
  readonly settings: TargetSettings;
  readonly #pools: readonly Pool[];
  #next = 0;

  constructor(settings: TargetSettings, sweep: Sweep, events: EventSink) {
    this.name = settings.name;
    this.settings = settings;
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
      now.set(settings.name, unchanged ? known : new Target(settings, this.sweep, this.#events));
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

  destroy(): void {
    for (const target of this.#byName.values()) target.destroy();
    this.sweep.close();
  }
}
