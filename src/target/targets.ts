import { isDeepStrictEqual } from 'node:util';
import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { DiscoveryTrouble, InstanceFigures } from '../domain/instance-figures.ts';
import type { Route, TargetSettings } from '../domain/settings.ts';
import type { EventSink, TargetPort, Transport } from '../ports.ts';
import { type ComposedRoute, Composition } from './compose/composition.ts';
import type { PartMeter } from './compose/part.ts';
import { discoveryFor } from './discovery/discovery.ts';
import { Roster, type RosterParts } from './roster.ts';
import { Target } from './target.ts';
import { Sweep } from './wire/sweep.ts';

export interface TargetsOptions extends Partial<Pick<RosterParts, 'chance' | 'discover'>> {
  /**
   * Someone with targets of the same names, whose instances these are: found, checked and judged there, and only left
   * alone here as well.
   */
  readonly beside?: Targets;
  /** Counts what becomes of the parts of composed answers; absent, nobody does. */
  readonly partMeter?: PartMeter;
}

/** All targets of the settings in force. A reload keeps the connections of every target that did not change. */
export class Targets implements Transport {
  readonly sweep = new Sweep();
  readonly #parts: RosterParts;
  readonly #beside: Targets | null;
  readonly #partMeter: PartMeter | null;
  #byName: ReadonlyMap<string, Target> = new Map();
  /** By route. */
  #compositions: ReadonlyMap<string, Composition> = new Map();
  /** Of the targets whose instances nobody else knows. */
  readonly #rosters = new Map<string, Roster>();
  #destroyed = false;

  constructor(events: EventSink, { beside, partMeter, chance = Math.random, discover }: TargetsOptions = {}) {
    this.#parts = { events, chance, discover: discover ?? ((settings) => discoveryFor(settings, chance)) };
    this.#beside = beside ?? null;
    this.#partMeter = partMeter ?? null;
  }

  apply(all: readonly TargetSettings[]): ReadonlyMap<string, Target> {
    const before = this.#byName;
    const now = new Map<string, Target>();
    for (const settings of all) {
      const { name } = settings;
      const known = before.get(name);
      const shared = this.#beside?.rosterOf(settings) ?? null;
      const isSame =
        known !== undefined &&
        isDeepStrictEqual(known.settings, settings) &&
        known.roster === (shared ?? this.#rosters.get(name));
      if (isSame) {
        now.set(name, known.stay());
        continue;
      }
      known?.close();
      const { events, chance } = this.#parts;
      const roster = shared ?? this.#ownRoster(settings);
      now.set(name, new Target(settings, { roster, sweep: this.sweep, events, chance, judges: shared === null }));
    }
    for (const target of before.values()) if (!now.has(target.name)) target.close();
    this.#byName = now;
    for (const [name, roster] of this.#rosters) {
      if (now.get(name)?.roster === roster) continue;
      roster.close();
      this.#rosters.delete(name);
    }
    return now;
  }

  compose(routes: readonly Route[]): ReadonlyMap<string, TargetPort> {
    const before = this.#compositions;
    const services = this.#byName;
    // What fails a shadow is evidence, and no event.
    const events = this.#beside === null ? this.#parts.events : null;
    const parts = { services, meter: this.#partMeter, events };
    this.#compositions = new Map(
      routes.filter(isComposed).map((route) => {
        const known = before.get(route.id);
        return [route.id, known?.is(route, services) ? known.stay() : new Composition(route, parts)];
      }),
    );
    return this.#compositions;
  }

  /** Who is known of this target, as long as it is the same one. */
  rosterOf({ name, urls, discovery }: TargetSettings): Roster | null {
    const target = this.#byName.get(name);
    const isSame = isDeepStrictEqual(
      { urls: target?.settings.urls, discovery: target?.settings.discovery },
      { urls, discovery },
    );
    return target !== undefined && isSame ? target.roster : null;
  }

  get connections(): number {
    let sum = 0;
    for (const target of this.#byName.values()) sum += target.connections;
    return sum;
  }

  figures(): readonly InstanceFigures[] {
    return [...this.#byName.values()].flatMap((target) => target.figures());
  }

  circuits(): readonly CircuitStanding[] {
    return [...this.#byName.values()].flatMap((target) => target.circuits());
  }

  /** Of the targets whose list of instances may not be what is true now. */
  discoveryTroubles(): readonly DiscoveryTrouble[] {
    return [...this.#byName.values()].flatMap(({ name, roster: { trouble } }) =>
      trouble === null ? [] : { target: name, trouble },
    );
  }

  destroy(): void {
    this.#destroyed = true;
    for (const target of this.#byName.values()) target.destroy();
    for (const roster of this.#rosters.values()) roster.close();
    this.sweep.close();
  }

  #ownRoster(settings: TargetSettings): Roster {
    const known = this.#rosters.get(settings.name);
    if (known !== undefined) {
      known.apply(settings);
      return known;
    }
    const made = new Roster(settings, this.#parts);
    // A reload that comes in the middle of the end must not leave anything that goes on by itself.
    if (this.#destroyed) made.close();
    this.#rosters.set(settings.name, made);
    return made;
  }
}

function isComposed(route: Route): route is Route & ComposedRoute {
  return route.compose !== null;
}
