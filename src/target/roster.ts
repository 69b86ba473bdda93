import { isDeepStrictEqual } from 'node:util';
import { checked, ejected, mayEject, presumedWell } from '../domain/instance-health.ts';
import { type InstanceUrl, instanceName } from '../domain/instance-url.ts';
import type { TargetSettings } from '../domain/settings.ts';
import type { EventSink, FoundInstances, InstanceDiscovery } from '../ports.ts';
import { HealthCheck } from './health-check.ts';
import { KnownInstance } from './known-instance.ts';

export interface RosterParts {
  readonly events: EventSink;
  /** A number in [0, 1). */
  readonly chance: () => number;
  readonly discover: (settings: TargetSettings) => InstanceDiscovery;
}

/** The instances of one target and what is known of each, kept through changes of settings and of the list. */
export class Roster {
  /** All of them, in the order of their discovery. Replaced, never changed. */
  instances: readonly KnownInstance[] = [];
  /** Those that are not left alone; all of them when all would be. Replaced, never changed. */
  usable: readonly KnownInstance[] = [];
  readonly #parts: RosterParts;
  readonly #listeners = new Set<() => void>();
  readonly #checks = new Map<KnownInstance, HealthCheck>();
  readonly #returns = new Map<KnownInstance, NodeJS.Timeout>();
  #settings: TargetSettings;
  #stopDiscovery: (() => void) | null = null;
  #trouble: string | null = null;
  #closed = false;

  constructor(settings: TargetSettings, parts: RosterParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#discover();
  }

  /** Why the list may not be what is true now; `null` when nothing is in its way. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The same target under new settings: what is known of the instances that stay is kept. */
  apply(settings: TargetSettings): void {
    if (this.#closed) return;
    const before = this.#settings;
    this.#settings = settings;
    const same = (key: keyof TargetSettings): boolean => isDeepStrictEqual(before[key], settings[key]);
    if (!same('health') || !same('tls')) this.#forgetChecks();
    if (settings.ejection === null) for (const instance of [...this.#returns.keys()]) this.#return(instance);
    if (!same('urls') || !same('discovery')) this.#discover();
    else this.#update(this.instances);
  }

  /** Calls back after each change of `instances` or `usable`. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#stopDiscovery?.();
    this.#stopDiscovery = null;
    for (const check of this.#checks.values()) check.stop();
    this.#checks.clear();
    for (const timer of this.#returns.values()) clearTimeout(timer);
    this.#returns.clear();
    this.#listeners.clear();
  }

  #discover(): void {
    this.#stopDiscovery?.();
    this.#trouble = null;
    this.#stopDiscovery = this.#parts.discover(this.#settings).watch((found) => this.#onFound(found));
  }

  #onFound({ urls, trouble }: FoundInstances): void {
    const isEmpty = urls.length === 0;
    const why = trouble ?? (isEmpty ? 'the list is empty' : null);
    if (why !== null && why !== this.#trouble) {
      this.#parts.events.emit({ type: 'discovery.failed', target: this.#settings.name, why });
    }
    this.#trouble = why;
    if (!isEmpty) this.#takeUp(urls);
  }

  #takeUp(urls: readonly InstanceUrl[]): void {
    const former = new Map(this.instances.map((instance) => [instance.name, instance]));
    const named = new Map(urls.map((url) => [instanceName(url), url]));
    const added: KnownInstance[] = [];
    const instances = [...named].map(([name, url]) => {
      const known = former.get(name);
      if (known !== undefined) return known;
      const made = new KnownInstance(url, (instance) => this.#onFailing(instance));
      added.push(made);
      return made;
    });
    const gone = this.instances.filter(({ name }) => !named.has(name));
    if (this.instances.length > 0 && added.length + gone.length === 0) return;
    // Where nobody stays, as at the start, there is nobody either who could take the others' turns meanwhile.
    if (added.length < instances.length) for (const instance of added) instance.since = performance.now();
    for (const instance of gone) this.#forget(instance);
    if (former.size > 0) {
      this.#parts.events.emit({
        type: 'discovery.changed',
        target: this.#settings.name,
        added: added.map(({ name }) => name),
        gone: gone.map(({ name }) => name),
        instances: instances.length,
      });
    }
    this.#update(instances);
  }

  /** Makes everything follow from the list, the settings and what is known of each instance. */
  #update(instances: readonly KnownInstance[]): void {
    const { ejection } = this.#settings;
    this.instances = instances;
    for (const instance of instances) {
      instance.mostFailures = ejection?.failures ?? Number.POSITIVE_INFINITY;
      this.#check(instance);
    }
    const well = instances.filter(({ leftAlone }) => !leftAlone);
    this.usable = well.length > 0 ? well : instances;
    for (const listener of this.#listeners) listener();
  }

  #check(instance: KnownInstance): void {
    const { health, tls } = this.#settings;
    if (health === null || this.#checks.has(instance)) return;
    const { chance } = this.#parts;
    const check = new HealthCheck({ url: instance.url, health, tls, chance }, (why) => this.#onChecked(instance, why));
    this.#checks.set(instance, check);
  }

  #onChecked(instance: KnownInstance, why: string | null): void {
    const { health: settings, name: target } = this.#settings;
    if (settings === null) return;
    const was = instance.health.well;
    instance.health = checked(instance.health, why === null, settings);
    instance.why = instance.health.well ? null : (why ?? instance.why);
    if (instance.health.well === was) return;
    const { events } = this.#parts;
    if (was) events.emit({ type: 'instance.unhealthy', target, instance: instance.name, why: why! });
    else {
      events.emit({ type: 'instance.healthy', target, instance: instance.name });
      this.#welcome(instance);
    }
    this.#update(this.instances);
  }

  #onFailing(instance: KnownInstance): void {
    const { ejection, name: target } = this.#settings;
    if (ejection === null || instance.ejected || !this.instances.includes(instance)) return;
    const counts = { instances: this.instances.length, ejected: this.#returns.size };
    if (!mayEject(counts, ejection.most)) return;
    const now = performance.now();
    instance.ejection = ejected(instance.ejection, ejection, now);
    instance.ejected = true;
    instance.ejections++;
    const { failures } = instance;
    instance.failures = 0;
    const time = instance.ejection.until - now;
    this.#returns.set(instance, setTimeout(() => this.#return(instance), time).unref());
    this.#parts.events.emit({ type: 'instance.ejected', target, instance: instance.name, failures, time });
    this.#update(this.instances);
  }

  #return(instance: KnownInstance): void {
    clearTimeout(this.#returns.get(instance));
    this.#returns.delete(instance);
    instance.ejected = false;
    // What failed meanwhile had been asked before, or because nobody else was left.
    instance.failures = 0;
    this.#parts.events.emit({ type: 'instance.returned', target: this.#settings.name, instance: instance.name });
    this.#welcome(instance);
    this.#update(this.instances);
  }

  #welcome(instance: KnownInstance): void {
    if (!instance.leftAlone) instance.since = performance.now();
  }

  #forgetChecks(): void {
    for (const [instance, check] of this.#checks) {
      check.stop();
      instance.health = presumedWell;
      instance.why = null;
    }
    this.#checks.clear();
  }

  #forget(instance: KnownInstance): void {
    this.#checks.get(instance)?.stop();
    this.#checks.delete(instance);
    clearTimeout(this.#returns.get(instance));
    this.#returns.delete(instance);
  }
}
