import { describe, expect, it } from 'vitest';
import type { LiveRoute } from '../../src/domain/live.ts';
import { liveShadow, overrideOf, planFor, plansFor, stageOf } from '../../src/domain/plan.ts';
import type { Route } from '../../src/domain/settings.ts';
import { unshadowed } from '../../src/domain/shadow.ts';
import { aRoute } from './a-route.ts';
import { aRow } from './a-row.ts';

const route = (rest: Partial<Route> = {}) => aRoute('r', [{ path: '/' }], rest);
const at = (percent: number, rest: Partial<LiveRoute> = {}): LiveRoute => aRow({ route: 'r', live: percent, ...rest });

describe('a plan', () => {
  it.each([
    // live, bucket, primary, reason, fallback, cookie
    [0, 0, 'legacy', 'percent-0', false, false],
    [0, -1, 'legacy', 'percent-0', false, false],
    [25, 2499, 'service', 'bucket', true, false],
    [25, 2500, 'legacy', 'bucket', false, false],
    [25, -1, 'legacy', 'unidentified', false, true],
    [0.01, 0, 'service', 'bucket', true, false],
    [0.01, 1, 'legacy', 'bucket', false, false],
    [99.99, 9999, 'legacy', 'bucket', false, false],
    [100, 9999, 'service', 'percent-100', true, false],
    [100, -1, 'service', 'percent-100', true, false],
  ] as const)(
    'at %d percent for bucket %d is %s, because of %s',
    (percent, bucket, primary, reason, fallback, cookie) => {
      const plan = planFor(plansFor(route(), at(percent)), bucket, null);
      expect(plan).toEqual({ primary, reason, fallback, setsCookie: cookie });
    },
  );

  it('asks for a bucket only where one decides', () => {
    expect([0, 0.01, 99.99, 100].map((percent) => plansFor(route(), at(percent)).split)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('has no fallback where the route has none', () => {
    const plans = plansFor(route({ fallback: null }), at(50));
    expect(planFor(plans, 0, null)).toMatchObject({ primary: 'service', fallback: false });
  });

  it('of a retired route is the service alone, whatever the state says', () => {
    const plans = plansFor(route({ retired: true }), at(5));
    expect(planFor(plans, 9999, null)).toEqual({
      primary: 'service',
      reason: 'retired',
      fallback: false,
      setsCookie: false,
    });
  });

  it('of a retired route can’t be overridden to the legacy that is gone', () => {
    const plans = plansFor(route({ retired: true }), at(5));
    expect(planFor(plans, -1, 'legacy')).toMatchObject({ primary: 'service', reason: 'retired' });
    expect(planFor(plans, -1, 'service')).toMatchObject({ primary: 'service', reason: 'override' });
  });

  it.each(['legacy', 'service'] as const)(
    'follows an override to %s over everything, with nobody standing in',
    (to) => {
      for (const percent of [0, 50, 100]) {
        const plan = planFor(plansFor(route(), at(percent)), -1, to);
        expect(plan).toEqual({ primary: to, reason: 'override', fallback: false, setsCookie: false });
      }
    },
  );

  it('takes the declared percent where the state has none for this service', () => {
    const declared = route({ percent: 100 });
    expect(plansFor(declared, null).threshold).toBe(10_000);
    expect(plansFor(declared, at(5, { service: 'billing' })).threshold).toBe(10_000);
    expect(plansFor(declared, at(5)).threshold).toBe(500);
  });
});

describe('an override', () => {
  const setting = { header: 'x-strangler-target', secret: 's3;cret' };
  const asked = (value: string) =>
    overrideOf(setting, ['a', 'b', 'X-Strangler-Target', value], 'orders', (given, expected) => given === expected);

  it.each([
    ['legacy; secret=s3;cret', 'legacy'],
    ['orders; secret=s3;cret', 'service'],
    ['orders;secret=s3;cret', 'service'],
    ['payments; secret=s3;cret', null],
    ['service; secret=s3;cret', null],
    ['orders; secret=wrong', null],
    ['orders; secret=', null],
    ['orders', null],
    ['', null],
  ])('of %j is %j', (value, target) => {
    expect(asked(value)).toBe(target);
  });

  it('is nothing without the header or the setting, and compares no secret then', () => {
    const never = () => {
      throw new Error('compared');
    };
    expect(overrideOf(setting, [], 'orders', never)).toBeNull();
    expect(overrideOf(null, ['x-strangler-target', 'legacy; secret=s3;cret'], 'orders', never)).toBeNull();
  });
});

describe('a stage', () => {
  it.each([
    [0, false, 0, 'legacy'],
    [0, false, 0.01, 'shadow'],
    [0.01, false, 100, 'split'],
    [99.99, false, 0, 'split'],
    [100, false, 100, 'extracted'],
    [0, true, 100, 'retired'],
  ])('at %d percent, retired %s, shadowed at %d percent, is %s', (live, retired, shadow, stage) => {
    expect(stageOf(live, retired, shadow)).toBe(stage);
  });
});

describe('the live shadow percent', () => {
  const shadowed = route({ shadow: { ...unshadowed, percent: 40 } });

  it("is the state's, and the declared one where the state knows nothing of this service", () => {
    expect(liveShadow(shadowed, at(0, { shadowLive: 5 }))).toBe(5);
    expect(liveShadow(shadowed, null)).toBe(40);
    expect(liveShadow(shadowed, at(0, { shadowLive: 5, service: 'orders-2' }))).toBe(40);
  });

  it('is 0 once legacy is retired', () => {
    expect(liveShadow({ ...shadowed, retired: true }, at(0, { shadowLive: 5 }))).toBe(0);
  });
});
