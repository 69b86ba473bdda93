import { isDeepStrictEqual } from 'node:util';
import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { DiscoveryTrouble, InstanceFigures } from '../domain/instance-figures.ts';
import type { TargetSettings } from '../domain/settings.ts';
import type { EventSink, Transport } from '../ports.ts';
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
}

/** All targets of the settings in force. A reload keeps the connections of every target that did not change. */
export class Targets implements Transport {
  readonly sweep = new Sweep();
  readonly #parts: RosterParts;
  readonly #beside: Targets | null;
  #byName: ReadonlyMap<string, Target> = new Map();
  /** Of the targets whose instances nobody else knows. */
  readonly #rosters = new Map<string, Roster>();
  #destroyed = false;

  constructor(events: EventSink, { beside, chance = Math.random, discover }: TargetsOptions = {}) {
    this.#parts = { events, chance, discover: discover ?? ((settings) => discoveryFor(settings, chance)) };
    this.#beside = beside ?? null;
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
