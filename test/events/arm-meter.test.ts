import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToArm, countOf, emptyArm } from '../../src/domain/rollout/arm-counts.ts';
import { armBounds } from '../../src/domain/rollout/model.ts';
import { armBucket, createArmMeter } from '../../src/events/arm-meter.ts';

describe('the meter of the arms', () => {
  it('puts every time into the bucket that a walk along the bounds would find', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (milliseconds) => {
        const bucket = armBucket(milliseconds);
        // At a bound itself the logarithm may be off by the last bit, which is no time that anyone measures.
        if (bucket > 0) expect(milliseconds).toBeGreaterThan(armBounds[bucket - 1]! * (1 - 1e-9));
        if (bucket < armBounds.length) expect(milliseconds).toBeLessThanOrEqual(armBounds[bucket]! * (1 + 1e-9));
      }),
    );
    expect([0, -1, Number.NaN].map(armBucket)).toEqual([0, 0, 0]);
    expect(armBucket(Number.POSITIVE_INFINITY)).toBe(armBounds.length);
  });

  it('tells each count once, and only of arms of which there is one', () => {
    const meter = createArmMeter();
    const [service, legacy] = [meter.arm('order', 'service'), meter.arm('order', 'legacy')];
    meter.arm('never-asked', 'service');
    for (const milliseconds of [1, 1, 3]) meter.assigned(service, milliseconds);
    meter.armFailed(service);
    meter.assigned(legacy, 1);

    expect(meter.takeArms()).toEqual([
      { route: 'order', arm: 'service', requests: 3, failures: 1, latency: [armBucket(1), 2, armBucket(3), 1] },
      { route: 'order', arm: 'legacy', requests: 1, failures: 0, latency: [armBucket(1), 1] },
    ]);
    expect(meter.takeArms()).toEqual([]);

    // An answer that breaks off is a failure of a request that was counted before.
    meter.armFailed(service);
    expect(meter.takeArms()).toEqual([{ route: 'order', arm: 'service', requests: 0, failures: 1, latency: [] }]);
  });

  it('gives each arm the same place each time, and keeps every figure while it grows', () => {
    const meter = createArmMeter();
    const places = Array.from({ length: 100 }, (_, index) => meter.arm(`route-${index}`, 'legacy'));
    for (const [index, place] of places.entries()) {
      for (let count = 0; count <= index; count++) meter.assigned(place, index);
    }
    expect(places.map((_, index) => meter.arm(`route-${index}`, 'legacy'))).toEqual(places);
    expect(meter.takeArms().map(({ requests }) => requests)).toEqual(places.map((_, index) => index + 1));
  });
});

describe('counts of an arm', () => {
  const latency = fc.array(fc.tuple(fc.nat({ max: armBounds.length }), fc.integer({ min: 1, max: 9 })));
  const piece = fc
    .record({ requests: fc.nat(), failures: fc.nat(), latency })
    .map((one) => ({ ...one, latency: one.latency.flat() }));

  it('add up to the same in any order, and by way of what is kept', () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const sum = pieces.reduce(addToArm, emptyArm);
        expect(pieces.toReversed().reduce(addToArm, emptyArm)).toEqual(sum);
        expect(addToArm(emptyArm, JSON.parse(JSON.stringify(countOf('r', 'service', sum))))).toEqual(sum);
      }),
    );
  });
});
