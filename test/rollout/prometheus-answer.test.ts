import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readingOf } from '../../src/rollout/prometheus-answer.ts';

const vector = (...values: unknown[]) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1_435_781_451.781, value] })) },
  });
const scalar = (value: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1_435_781_460.781, value] } });

describe('an answer of Prometheus', () => {
  it.each([
    [vector('0.25'), 0.25],
    [vector('-1e3'), -1_000],
    [scalar('7'), 7],
    [scalar('+Inf'), Number.POSITIVE_INFINITY],
    [vector('-Inf'), Number.NEGATIVE_INFINITY],
    [vector('NaN'), 'no-value'],
    [vector(), 'no-value'],
  ])('%s has the value %s', (text, value) => {
    expect(readingOf(text)).toBe(value);
  });

  it.each([
    ['<html>not found</html>', 'it is no JSON'],
    ['', 'it is no JSON'],
    ['null', 'no answer of Prometheus'],
    ['{"status":"error","errorType":"bad_data","error":"parse error"}', 'it refused the query: parse error'],
    [vector('1', '2'), 'has 2 results'],
    [vector(1), 'no value'],
    [vector(' '), 'no value'],
    [vector('0x'), 'no number'],
    ['{"status":"success","data":{"resultType":"matrix","result":[]}}', 'type "matrix"'],
    ['{"status":"success","data":{"resultType":"vector","result":{"length":1}}}', 'one value'],
    ['{"status":"success"}', 'one value'],
    ['{"status":"success","data":{"resultType":"scalar","result":["1"]}}', 'no value'],
  ])('%s has none, and says why', (text, words) => {
    expect(() => readingOf(text)).toThrow(words);
  });

  it('is a value or an error in words, whatever JSON it is', () => {
    const hostile = fc.record({
      status: fc.constantFrom('success', 'error', 1),
      data: fc.jsonValue(),
      error: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          hostile.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            const reading = readingOf(text);
            expect(reading === 'no-value' || typeof reading === 'number').toBe(true);
            expect(reading).not.toBeNaN();
          } catch (error) {
            expect((error as Error).message.length).toBeLessThan(300);
            expect(error).not.toBeInstanceOf(TypeError);
          }
        },
      ),
    );
  });
});
