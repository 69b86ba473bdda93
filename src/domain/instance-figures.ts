/** What processes know of a target's instances, each for itself, and together. */
export interface InstanceFigures {
  readonly target: string;
  readonly instance: string;
  /** How many processes this is about. */
  readonly processes: number;
  /** How many of them leave it alone because of health checks, and because of failures of callers' requests. */
  readonly unhealthy: number;
  readonly ejected: number;
  /** How many of them leave it alone for either reason. */
  readonly leftAlone: number;
  /** What the last failed health check was about; `null` while it is well. */
  readonly why: string | null;
  /** How often it was ejected so far. */
  readonly ejections: number;
  /** Callers' requests under way. */
  readonly pending: number;
}

export interface DiscoveryTrouble {
  readonly target: string;
  /** Why its instances are what was known last. */
  readonly trouble: string;
}

/** What processes say alike is said once. */
export function mergeTroubles(all: readonly (readonly DiscoveryTrouble[])[]): readonly DiscoveryTrouble[] {
  return [...new Map(all.flat().map((one) => [JSON.stringify([one.target, one.trouble]), one])).values()];
}

/** The sum over processes, instance by instance. */
export function mergeInstances(all: readonly (readonly InstanceFigures[])[]): readonly InstanceFigures[] {
  const merged = new Map<string, InstanceFigures>();
  for (const figures of all.flat()) {
    const key = JSON.stringify([figures.target, figures.instance]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? figures : added(before, figures));
  }
  return [...merged.values()];
}

/** What a process that has ended leaves behind: how often it ejected whom. */
export function departedInstances(all: readonly InstanceFigures[]): readonly InstanceFigures[] {
  return all
    .filter(({ ejections }) => ejections > 0)
    .map((figures) => ({ ...figures, processes: 0, unhealthy: 0, ejected: 0, leftAlone: 0, why: null, pending: 0 }));
}

function added(a: InstanceFigures, b: InstanceFigures): InstanceFigures {
  return {
    target: a.target,
    instance: a.instance,
    processes: a.processes + b.processes,
    unhealthy: a.unhealthy + b.unhealthy,
    ejected: a.ejected + b.ejected,
    leftAlone: a.leftAlone + b.leftAlone,
    why: a.why ?? b.why,
    ejections: a.ejections + b.ejections,
    pending: a.pending + b.pending,
  };
}
