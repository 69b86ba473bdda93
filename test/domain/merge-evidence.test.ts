import fc from 'fast-check';
import { expect, it } from 'vitest';
import { latencyBounds, type NoiseTally } from '../../src/domain/evidence.ts';
import { emptyWindow, joinCluster, joinWindows, type WindowCounts } from '../../src/domain/merge-evidence.ts';
import { skipReasons } from '../../src/domain/shadow.ts';
import { aCluster } from './some-evidence.ts';

const count = fc.nat(1_000);
const keys = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '');
const buckets = fc.array(count, { minLength: latencyBounds.length + 1, maxLength: latencyBounds.length + 1 });
const noise: fc.Arbitrary<NoiseTally> = fc.record({
  pairs: count,
  differing: fc
    .uniqueArray(fc.tuple(keys, count, fc.option(count)), { selector: ([key]) => key })
    .map((rows) =>
      Object.fromEntries(
        rows.map(([key, times, most]) => [
          key,
          { kind: 'value' as const, pattern: key, count: times, milliseconds: most, distance: most, percent: null },
        ]),
      ),
    ),
});
const window: fc.Arbitrary<WindowCounts> = fc.record({
  eligible: count,
  compared: count,
  matched: count,
  matchedByRules: count,
  matchedLater: count,
  serviceFailed: count,
  skipped: fc.dictionary(fc.constantFrom(...skipReasons), count),
  latency: fc.record({ legacy: buckets, service: buckets }),
  combinations: fc.dictionary(keys, count),
  noise,
});

it('joins windows in any order and in any grouping, beginning with nothing', () => {
  fc.assert(
    fc.property(window, window, window, (a, b, c) => {
      expect(joinWindows(a, b)).toEqual(joinWindows(b, a));
      expect(joinWindows(joinWindows(a, b), c)).toEqual(joinWindows(a, joinWindows(b, c)));
      expect(joinWindows(emptyWindow, a)).toEqual(a);
    }),
  );
});

it('loses no comparison, however many combinations there are', () => {
  const combinations = fc.array(fc.dictionary(fc.stringMatching(/^[0-9a-f]{3}$/), count, { maxKeys: 60 }));
  const total = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((sum, each) => sum + each, 0);
  fc.assert(
    fc.property(combinations, (parts) => {
      const windows = parts.map((each): WindowCounts => ({ ...emptyWindow, combinations: each }));
      const joined = windows.reduce(joinWindows, emptyWindow).combinations;
      expect(total(joined)).toBe(parts.reduce((sum, each) => sum + total(each), 0));
      expect(Object.keys(joined).length).toBeLessThanOrEqual(65);
    }),
  );
});

it('joins clusters in any order', () => {
  const counts = { count, firstSeen: count, lastSeen: count, persistent: count, race: count, noise: count };
  const cluster = fc.record(counts).map((rest) => aCluster('$.total', rest));
  fc.assert(
    fc.property(cluster, cluster, cluster, (a, b, c) => {
      expect(joinCluster(a, b)).toEqual(joinCluster(b, a));
      expect(joinCluster(joinCluster(a, b), c)).toEqual(joinCluster(a, joinCluster(b, c)));
    }),
  );
});
