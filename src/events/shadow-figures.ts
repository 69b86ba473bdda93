/** How often each thing became of the requests of a shadowed route: `compared`, `matched`, `service-failed`, or why one was skipped. */
export interface ShadowSeries {
  readonly route: string;
  readonly outcome: string;
  readonly count: number;
}

export type ShadowFigures = readonly ShadowSeries[];

/** The sum over processes, series by series. */
export function mergeShadowFigures(all: readonly ShadowFigures[]): ShadowFigures {
  const merged = new Map<string, ShadowSeries>();
  for (const series of all.flat()) {
    const key = JSON.stringify([series.route, series.outcome]);
    merged.set(key, { ...series, count: series.count + (merged.get(key)?.count ?? 0) });
  }
  return [...merged.values()];
}
