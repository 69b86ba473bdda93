import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { type FailedTry, longestWait, mayTryAgain, retriesAllowed, retryAfterOf } from '../../src/domain/retry.ts';

const settings = {
  attempts: 3,
  backoff: { first: 100, longest: 2_000 },
  budget: 20,
  floor: 3,
  methods: ['GET', 'HEAD', 'OPTIONS'],
  on: [502, 503, 504],
};

const get: FailedTry = {
  code: null,
  status: 503,
  method: 'GET',
  left: true,
  whole: true,
  hasFallback: false,
  after: null,
};

describe('another try', () => {
  it('follows on the answers of retry.on, and on no others', () => {
    expect([500, 502, 503, 504, 404].map((status) => mayTryAgain(settings, { ...get, status }))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it.each<[ErrorCode, boolean, boolean]>([
    ['target-refused', true, true],
    ['target-unreachable', true, true],
    ['target-reset', true, true],
    ['connect-timeout', true, false],
    ['response-timeout', true, false],
    ['target-invalid', false, false],
    ['internal-error', false, false],
  ])('after %s: %s where nobody stands in, %s where legacy does', (code, alone, withFallback) => {
    expect(mayTryAgain(settings, { ...get, code })).toBe(alone);
    expect(mayTryAgain(settings, { ...get, code, hasFallback: true })).toBe(withFallback);
  });

  it('is not waited for as long as its target asks, where legacy stands in', () => {
    const asksForTime = { ...get, after: 1_000 };
    expect(mayTryAgain(settings, asksForTime)).toBe(true);
    expect(mayTryAgain(settings, { ...asksForTime, hasFallback: true })).toBe(false);
    expect(mayTryAgain(settings, { ...asksForTime, hasFallback: true, after: 0 })).toBe(true);
  });

  it('never follows on a request that has left and may not be sent twice, or not as it was', () => {
    for (const code of ['target-reset', 'target-refused', null] as const) {
      expect(mayTryAgain(settings, { ...get, code, method: 'POST' })).toBe(false);
      expect(mayTryAgain(settings, { ...get, code, whole: false })).toBe(false);
    }
  });

  it('follows on any request that never left', () => {
    expect(mayTryAgain(settings, { ...get, code: 'target-refused', method: 'POST', left: false })).toBe(true);
  });
});

describe('the wait', () => {
  it('doubles from the first up to the longest', () => {
    expect([0, 1, 2, 3, 4, 5, 9].map((retry) => longestWait(settings.backoff, retry))).toEqual([
      100, 200, 400, 800, 1_600, 2_000, 2_000,
    ]);
  });

  it('is what Retry-After says, in seconds or as a date', () => {
    const now = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT');
    const asked = (value: string) => retryAfterOf(['Date', 'x', 'RETRY-after', value], now);
    expect([asked('2'), asked('0'), asked('Sun, 06 Nov 1994 08:49:40 GMT')]).toEqual([2_000, 0, 3_000]);
    expect(asked('Sun, 06 Nov 1994 08:00:00 GMT')).toBe(0);
    expect(['', 'soon', '-1', '1.5', '1994', '2 ', '0x10', '99999999999'].map(asked)).toEqual([
      null,
      null,
      null,
      null,
      1_994_000,
      null,
      null,
      null,
    ]);
    expect(retryAfterOf(['Date', 'x'], now)).toBe(null);
  });

  it('is a number that nobody has to doubt, whatever the target sends', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const asked = retryAfterOf(['Retry-After', value], 0);
        expect(asked === null || (Number.isFinite(asked) && asked >= 0)).toBe(true);
      }),
    );
  });
});

describe('the budget', () => {
  it('is a share of what is under way, and never less than its floor', () => {
    expect([0, 1, 15, 19, 20, 100, 1_000].map((active) => retriesAllowed(settings, active))).toEqual([
      3, 3, 3, 3, 4, 20, 200,
    ]);
  });
});
