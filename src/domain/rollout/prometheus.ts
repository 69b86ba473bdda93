import type { GateVerdict, Reading } from './decision.ts';
import { gate } from './gates.ts';
import type { GateSettings, PrometheusGate } from './model.ts';

/**
 * A value outside its bounds fails; none, or no answer, says nothing. Neither does a value of so few requests that a
 * single one may have made it.
 */
export function prometheusGates(
  { prometheus, minRequests }: GateSettings,
  readings: readonly Reading[],
  requests: number,
): GateVerdict[] {
  return prometheus.map((asked, index) => verdictOn(asked, readings[index] ?? 'unreachable', requests >= minRequests));
}

function verdictOn(asked: PrometheusGate, reading: Reading, isEnough: boolean): GateVerdict {
  const { min, max, query } = asked;
  const shown = query.length > 60 ? `${query.slice(0, 59)}…` : query;
  if (reading === 'unreachable')
    return gate('prometheus', 'inconclusive', () => `${shown}: Prometheus was not reached`);
  if (reading === 'no-value' || Number.isNaN(reading)) {
    return gate('prometheus', 'inconclusive', () => `${shown}: Prometheus has no value`);
  }
  const isWithin = (min === null || reading >= min) && (max === null || reading <= max);
  const verdict = isWithin ? 'pass' : isEnough ? 'fail' : 'inconclusive';
  return gate('prometheus', verdict, () => {
    const early = verdict === 'inconclusive' ? ', not counted before there are enough requests' : '';
    return `${shown}: ${reading}, ${boundsText(asked)} allowed${early}`;
  });
}

function boundsText({ min, max }: PrometheusGate): string {
  if (min !== null && max !== null) return `${min} to ${max}`;
  if (max !== null) return `at most ${max}`;
  return min === null ? 'anything' : `at least ${min}`;
}
