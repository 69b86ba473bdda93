import type { Rollout } from '../domain/rollout/model.ts';

/** ms that one look may add for each second between two: a laptop that slept, or a process that was stopped, saw nothing meanwhile. */
const mostAtOnce = 3_000;

/** ms after which a version that was heard of before is believed to be gone: the state was put back to an older one. */
const catchesUpWithin = 10_000;

interface Seen {
  readonly startedAt: number;
  readonly version: number;
  /** Of the hold, beyond what the state has of it. */
  lived: number;
  /** How long an older version has been told than was seen. */
  behind: number;
}

/**
 * How much of a hold was lived through since the state was told of it last. Each proxy counts from the moment at which
 * it saw the version that stands there, and whoever stores the sum makes another version: what two of them have seen at
 * the same time is stored once.
 */
export class HoldClock {
  readonly #seen = new Map<string, Seen>();

  /**
   * @param elapsed ms since the look before, by a clock that only goes on.
   * @param counts false while the hold does not run, or nobody can see how it goes.
   * @param every seconds between two looks, where nothing comes in between.
   * @returns ms, or `null` while the state has yet to tell the version that this proxy made.
   */
  look(
    { name, startedAt, version }: Rollout,
    elapsed: number,
    { counts, every = 1 }: { readonly counts: boolean; readonly every?: number },
  ): number | null {
    const added = counts ? Math.min(Math.max(elapsed, 0), every * mostAtOnce) : 0;
    const seen = this.#seen.get(name);
    if (seen !== undefined && seen.startedAt === startedAt && version <= seen.version) {
      seen.lived += added;
      if (version === seen.version) return seen.lived;
      seen.behind += Math.max(elapsed, 0);
      if (seen.behind <= catchesUpWithin) return null;
    }
    this.#seen.set(name, { startedAt, version, lived: 0, behind: 0 });
    return 0;
  }

  /** This proxy made another version, which has what it lived through. */
  stored({ name, startedAt, version }: Rollout): void {
    this.#seen.set(name, { startedAt, version, lived: 0, behind: 0 });
  }

  forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }
}
