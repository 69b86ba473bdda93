import type { Reading } from '../domain/rollout/decide.ts';

/**
 * The one value in an answer of Prometheus's `/api/v1/query`. Throws, in words, where it is none: another program may
 * answer at that address, or the query may have other results than somebody thought.
 */
export function readingOf(text: string): Reading {
  const answer = parsed(text);
  if (field(answer, 'status') !== 'success') {
    const error = field(answer, 'error');
    throw new Error(
      typeof error === 'string' ? `it refused the query: ${error.slice(0, 200)}` : 'it is no answer of Prometheus',
    );
  }
  const data = field(answer, 'data');
  const result = field(data, 'result');
  const type = field(data, 'resultType');
  if (type === 'scalar') return numberOf(result);
  if (type !== 'vector' || !Array.isArray(result))
    throw new Error(`the result is of type ${JSON.stringify(type)?.slice(0, 40)}: it has to be one value`);
  if (result.length === 0) return 'no-value';
  if (result.length > 1)
    throw new Error(`the query has ${result.length} results: it has to have one, by sum() or max()`);
  return numberOf(field(result[0], 'value'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

/** `[seconds, "value"]`. A NaN is what a division by a traffic of none comes to. */
function numberOf(sample: unknown): Reading {
  const value = Array.isArray(sample) && sample.length === 2 ? (sample[1] as unknown) : undefined;
  if (typeof value !== 'string' || value.trim() === '') throw new Error('its sample has no value');
  if (value === 'NaN') return 'no-value';
  if (value === '+Inf' || value === '-Inf')
    return value === '+Inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const number = Number(value);
  if (Number.isNaN(number)) throw new Error('its sample is no number');
  return number;
}
