import type { Example } from '../domain/evidence.ts';
import type { ClusterReport } from '../domain/report-model.ts';

/** One difference of a cluster, to show what it is about. */
export interface Difference {
  readonly at: number;
  readonly path: string;
  /** JSON text, `null` where that side has nothing. */
  readonly legacy: string | null;
  readonly service: string | null;
}

/** From the newest example that still has it; `null` where none was kept. */
export function newestDifference({
  kind,
  pattern,
  examples,
}: Pick<ClusterReport, 'kind' | 'pattern' | 'examples'>): Difference | null {
  for (const example of examples) {
    const found = differenceIn(example, { kind, pattern });
    if (found !== null) return found;
  }
  return null;
}

export function differenceIn(
  example: Example,
  { kind, pattern }: Pick<ClusterReport, 'kind' | 'pattern'>,
): Difference | null {
  const found = example.mismatches.find((mismatch) => mismatch.kind === kind && mismatch.pattern === pattern);
  return found === undefined
    ? null
    : { at: example.at, path: found.path, legacy: found.legacy, service: found.service };
}
