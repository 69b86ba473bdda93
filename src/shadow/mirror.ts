/**
 * The main-thread side of shadowing: decides which requests are copied, sends the copies on connections of its own,
 * gathers what both sides answered, and hands the pairs to the comparer.
 */
import { getOrAdd } from '../domain/get-or-add.ts';
import type { LiveRoute } from '../domain/live.ts';
import type { Route, Settings, TargetSettings } from '../domain/settings.ts';
import type { Clock, EventSink, Mirror, MirrorLane, TargetPort, Transport } from '../ports.ts';
import { Breaker } from './breaker.ts';
import { errandsFor } from './errand.ts';
import { type Governor, LoopGovernor } from './governor.ts';
import { Honour } from './honour.ts';
import { ShadowLane } from './lane.ts';
import { LegacyAllowance } from './legacy-allowance.ts';
import type { Comparer, Tallies } from './pair.ts';
import { Room } from './room.ts';
import { servicePaths } from './service-paths.ts';
import { ShadowedTarget } from './shadowed-target.ts';
import { AfterPrimary, type Works } from './works.ts';

export interface MirrorParts {
  readonly events: EventSink;
  readonly comparer: Comparer;
  readonly tallies: Tallies;
  readonly clock: Clock;
  /** The mirror's own: callers' connections are never a shadow's, and its end is the mirror's. */
  readonly transport: Transport;
  /** A number in [0, 1); by default the platform's. */
  readonly chance?: () => number;
  readonly governor?: Governor;
}

export function createMirror(parts: MirrorParts): Mirror {
  return new TargetMirror(parts);
}

class TargetMirror implements Mirror {
  readonly #transport: Transport;
  readonly #works: Works;
  readonly #allowance = new LegacyAllowance(() => performance.now());
  readonly #honours = new Map<string, { readonly port: TargetPort; readonly honour: Honour }>();
  #ports: ReadonlyMap<string, TargetPort> = new Map();
  /** By route, then by target. A failing or overlong answer of one route says nothing about the others. */
  readonly #targets = new Map<string, Map<string, ShadowedTarget>>();
  #settings: Settings | null = null;
  #servicePath: ReturnType<typeof servicePaths> | null = null;

  constructor({ events, comparer, tallies, clock, transport, chance = Math.random, governor }: MirrorParts) {
    this.#transport = transport;
    this.#works = {
      comparer,
      tallies,
      events,
      clock,
      chance,
      sweep: transport.sweep,
      room: new Room(transport.sweep, () => comparer.waiting),
      governor: governor ?? new LoopGovernor(),
      queue: new AfterPrimary(),
      open: new Set(),
      looks: new Set(),
      closed: false,
    };
  }

  apply(settings: Settings): void {
    const targets = this.#transport.apply(targetsOf(settings));
    this.#ports = new Map([...targets, ...this.#transport.compose(settings.routes)]);
    const routes = new Set(settings.routes.map(({ id }) => id));
    for (const known of [this.#targets, this.#honours]) {
      for (const id of known.keys()) if (!routes.has(id)) known.delete(id);
    }
    this.#settings = settings;
    this.#servicePath = null;
    this.#works.comparer.apply(settings);
  }

  lane(route: Route, live: LiveRoute | null): MirrorLane | null {
    const own = live !== null && live.service === route.service ? live : null;
    const percent = own?.shadowLive ?? route.shadow.percent;
    const calibrateUntil = own?.calibrateUntil ?? 0;
    // Whoever turned it off and on again has seen to what was wrong with the writes.
    if (percent === 0) this.#honours.delete(route.id);
    if (route.retired || (percent === 0 && calibrateUntil <= this.#works.clock.now())) return null;
    const { writes } = route.shadow;
    const service = this.#shadowed(route, route.service);
    const writesTo =
      writes.mode === 'url' ? this.#shadowed(route, sisterName(route)) : writes.mode === 'header' ? service : null;
    const errands = errandsFor(
      {
        route,
        legacy: this.#shadowed(route, this.#settings!.legacy.name),
        service,
        servicePath: (request, path) => {
          this.#servicePath ??= servicePaths(this.#settings!.routes);
          return this.#servicePath(route.service, request, path);
        },
      },
      writesTo,
      writes.mode === 'header' ? this.#honourOf(route, service) : null,
    );
    return new ShadowLane(this.#works, errands, percent, calibrateUntil);
  }

  destroy(): void {
    const { room, governor, open, looks } = this.#works;
    this.#works.closed = true;
    governor.close();
    room.close();
    for (const each of [...open, ...looks]) each.drop();
    this.#transport.destroy();
  }

  /** A target that is what it was keeps what is known of it. */
  #shadowed({ id }: Route, name: string): ShadowedTarget {
    const targets = getOrAdd(this.#targets, id, () => new Map<string, ShadowedTarget>());
    const port = this.#ports.get(name)!;
    const known = targets.get(name);
    if (known?.port === port) return known;
    const isLegacy = name === this.#settings!.legacy.name;
    const breaker = new Breaker(this.#works.clock);
    const made = new ShadowedTarget(isLegacy ? 'legacy' : 'service', port, breaker, isLegacy ? this.#allowance : null);
    targets.set(name, made);
    return made;
  }

  #honourOf(route: Route, service: ShadowedTarget): Honour {
    const known = this.#honours.get(route.id);
    // Neither its word nor the breach of it passes on to another service, or to one at another address.
    if (known?.port !== service.port) this.#honours.delete(route.id);
    return getOrAdd(this.#honours, route.id, () => ({ port: service.port, honour: new Honour() })).honour;
  }
}

/** Every target as shadows use it, and the sister instances that get the copies of writes. */
function targetsOf({ legacy, services, routes }: Settings): readonly TargetSettings[] {
  const shadowed = [legacy, ...services].map(asShadowed);
  const sisters = routes.flatMap((route) => {
    const { writes } = route.shadow;
    const service = shadowed.find(({ name }) => name === route.service);
    if (writes.mode !== 'url' || service === undefined) return [];
    return [{ ...service, ...unwatched, name: sisterName(route), urls: [writes.url] }];
  });
  return [...shadowed, ...sisters];
}

/** It is one instance, and only shadows ever go there. */
const unwatched = { discovery: { kind: 'static' }, health: null, ejection: null } as const;

/**
 * A shadow's exchange has one deadline for all of it, is sent once and has a breaker of its own: how much patience a target
 * is given, and what stands before it, is for callers.
 */
function asShadowed(target: TargetSettings): TargetSettings {
  const timeout = { ...target.timeout, response: 0, idle: 0, total: 0 };
  return { ...target, timeout, retry: null, circuit: null, bulkhead: null };
}

function sisterName({ id, service }: Route): string {
  return `${service} (writes of ${id})`;
}
