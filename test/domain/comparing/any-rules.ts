import fc from 'fast-check';
import type { ComparisonRules, Tolerance } from '../../../src/domain/shadow.ts';

const place = fc
  .array(
    fc.constantFrom('.a', '.b', '.id', '.name', "['odd key']", '.*', '[*]', '[0]', '[1]', '..id', '..a', '..[*]'),
    { maxLength: 3 },
  )
  .map((steps) => `$${steps.join('')}`);

const tolerance = fc.constantFrom<Tolerance>(
  { kind: 'absolute', value: 1 },
  { kind: 'percent', value: 50 },
  { kind: 'time', milliseconds: 5_000 },
);

export const anyRules: fc.Arbitrary<ComparisonRules> = fc.record({
  ignore: fc.array(place, { maxLength: 2 }),
  tolerance: fc.array(fc.record({ at: place, by: tolerance }), { maxLength: 2 }),
  unordered: fc.array(fc.record({ at: place, key: fc.constantFrom(null, 'id', 'name') }), { maxLength: 2 }),
  normalize: fc.array(
    place.map((at) => ({ at, pattern: '[a-z]', flags: 'g', replacement: 'x' })),
    { maxLength: 2 },
  ),
  headers: fc.constant([]),
});
