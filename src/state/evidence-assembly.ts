/** How what a store keeps becomes what it gives back: the same for every store. */
import type { Arm, ClusterRecord, Tally } from '../domain/evidence.ts';
import { joinWindows, type WindowCounts } from '../domain/merge-evidence.ts';
import type { EvidenceQuery } from '../ports.ts';

/** A route as it was declared at a time. */
export interface Fingerprint {
  readonly route: string;
  readonly fingerprint: string;
  /** `''` until a count of it has come. */
  readonly service: string;
  /** ms since the epoch, as all times here: when the first of it was recorded. */
  readonly began: number;
  /** 0: never. */
  readonly resetAt: number;
  readonly recorded: number;
  /** The largest of a route's is the newest. */
  readonly turn: number;
}

export interface Counted {
  readonly span: number;
  readonly window: number;
  readonly arm: Arm;
  readonly counts: WindowCounts;
}

/** What to give back of these, newest first within a route, and which of them is the route's newest. */
export function asked<F extends Fingerprint>(
  all: readonly F[],
  { routes, past = false }: EvidenceQuery,
): readonly { readonly of: F; readonly current: boolean }[] {
  const newest = new Map<string, F>();
  for (const each of all) {
    if (each.turn > (newest.get(each.route)?.turn ?? 0)) newest.set(each.route, each);
  }
  return all
    .filter(({ route }) => routes === undefined || routes.includes(route))
    .map((each) => ({ of: each, current: newest.get(each.route) === each }))
    .filter(({ current }) => current || past)
    .sort(({ of: a }, { of: b }) => (a.route === b.route ? b.turn - a.turn : a.route < b.route ? -1 : 1));
}

/** @param firstWindow of all that is kept, asked for or not; `null` when there is none. */
export function beginning({ began, resetAt }: Fingerprint, firstWindow: number | null): number {
  return Math.max(resetAt, firstWindow ?? (resetAt === 0 ? began : 0));
}

/** One for each window and arm: a late count may stand in a short span beside the long one that it belongs to. */
export function talliesOf({ route, fingerprint, service }: Fingerprint, rows: readonly Counted[]): readonly Tally[] {
  const joined = new Map<string, Counted>();
  for (const row of rows) {
    const key = `${row.window} ${row.arm}`;
    const there = joined.get(key);
    joined.set(key, there === undefined ? row : { ...row, counts: joinWindows(there.counts, row.counts) });
  }
  return [...joined.values()]
    .sort((a, b) => a.window - b.window || (a.arm < b.arm ? -1 : 1))
    .map(({ window, arm, counts }) => ({ route, fingerprint, service, arm, window, ...counts, urls: [], callers: [] }));
}

/** Most seen first. */
export function inOrder(clusters: readonly ClusterRecord[]): readonly ClusterRecord[] {
  return clusters.toSorted((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
}

/** Before it nothing is given back: what is older than `keep`, or than was asked for. */
export function floorOf({ since = 0 }: EvidenceQuery, keep: number, now: number): number {
  return Math.max(since, now - keep);
}
