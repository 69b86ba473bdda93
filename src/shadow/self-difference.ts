import { timeOf } from '../domain/comparing/times.ts';
import type { SelfDifference } from '../domain/evidence.ts';
import type { Mismatch } from '../domain/mismatch.ts';

export type PairDifference = Omit<SelfDifference, 'count'>;

/** What one pair of legacy's own answers differs in: each signature once, by how much at most. */
export function selfDifferences(mismatches: readonly Mismatch[]): readonly PairDifference[] {
  const found = new Map<string, PairDifference>();
  for (const { kind, pattern, control, candidate } of mismatches) {
    const one = { kind, pattern, ...distances(readBack(control), readBack(candidate)) };
    const key = `${one.kind} ${one.pattern}`;
    const known = found.get(key);
    found.set(key, known === undefined ? one : larger(known, one));
  }
  return [...found.values()];
}

function distances(one: unknown, other: unknown): Pick<SelfDifference, 'milliseconds' | 'distance' | 'percent'> {
  if (typeof one === 'number' && typeof other === 'number') {
    const distance = Math.abs(one - other);
    const percent = one === 0 ? null : (distance / Math.abs(one)) * 100;
    return Number.isFinite(distance) ? { milliseconds: null, distance, percent } : unknownDistance;
  }
  if (typeof one !== 'string' || typeof other !== 'string') return unknownDistance;
  const [from, to] = [timeOf(one), timeOf(other)];
  if (from === null || to === null) return unknownDistance;
  return { milliseconds: Math.abs(to - from), distance: null, percent: null };
}

const unknownDistance = { milliseconds: null, distance: null, percent: null };

function larger(one: PairDifference, other: PairDifference): PairDifference {
  return {
    ...one,
    milliseconds: largest(one.milliseconds, other.milliseconds),
    distance: largest(one.distance, other.distance),
    percent: largest(one.percent, other.percent),
  };
}

export const largest = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : Math.max(one, other);

/** Undefined for what is not there, or was cut. */
function readBack(json: string | null): unknown {
  if (json === null) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
