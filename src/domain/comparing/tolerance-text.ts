import type { Tolerance } from '../shadow.ts';
import { RuleError } from './rule-error.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const form = /^(?:±|\+-|\+\/-)?\s*(\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?)\s*(%|ms|s|m|h|d)?$/;

/** Reads `0.01`, `1%`, `5s` or `250ms`, each with or without a leading ±; throws {@link RuleError}. */
export function parseTolerance(text: string): Tolerance {
  const read = form.exec(text.trim());
  if (read === null) throw new RuleError('is no tolerance such as 0.01, 1% or ±5s');
  const value = Number(read[1]);
  const unit = read[2];
  if (unit === undefined) return { kind: 'absolute', value };
  if (unit === '%') return { kind: 'percent', value };
  return { kind: 'time', milliseconds: value * units[unit]! };
}

/** A tolerance as a user would write it. */
export function toleranceText(tolerance: Tolerance): string {
  if (tolerance.kind === 'absolute') return `${tolerance.value}`;
  if (tolerance.kind === 'percent') return `${tolerance.value}%`;
  const { milliseconds } = tolerance;
  const unit = ['d', 'h', 'm', 's'].find((name) => milliseconds > 0 && milliseconds % units[name]! === 0) ?? 'ms';
  return `±${milliseconds / units[unit]!}${unit}`;
}
