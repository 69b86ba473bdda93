import { describe, expect, it } from 'vitest';
import { fallbackCauses } from '../../src/domain/fallback.ts';
import { bucketBounds, createMeter, mergeFigures, mergeRefusals, settled } from '../../src/events/meter.ts';
import { outcomes } from '../../src/ports.ts';

const ok = outcomes.indexOf('2xx');
const failed = outcomes.indexOf('failed');

describe('the meter', () => {
  it('counts a request as under way until it has finished', () => {
    const meter = createMeter();
    const slot = meter.slot('order-read', 'orders');
    meter.started(slot);
    meter.started(slot);
    meter.finished(slot, ok, 3);
    const [series] = meter.snapshot();
    expect(series).toMatchObject({ route: 'order-read', target: 'orders', inFlight: 1, milliseconds: 3 });
    expect(series!.outcomes[ok]).toBe(1);
  });

  it('puts a time that equals a bound into the bucket of that bound, and anything slower into the last', () => {
    const meter = createMeter();
    const slot = meter.slot('r', 't');
    for (const bound of bucketBounds) meter.finished(slot, ok, bound);
    meter.finished(slot, ok, 60_001);
    expect(meter.snapshot()[0]!.buckets).toEqual([...bucketBounds.map(() => 1), 1]);
  });

  it('gives a pair the same slot each time, and no two pairs the same', () => {
    const meter = createMeter();
    const slots = [meter.slot('a', 'b'), meter.slot('a,b', ''), meter.slot('a', 'c')];
    expect(new Set(slots).size).toBe(3);
    expect(meter.slot('a', 'b')).toBe(slots[0]);
  });

  it('keeps every figure while it grows', () => {
    const meter = createMeter();
    for (let index = 0; index < 200; index++) {
      const slot = meter.slot(`route-${index}`, 'legacy');
      meter.started(slot);
      meter.finished(slot, failed, index);
      meter.fellBack(slot, 'connect');
    }
    const figures = meter.snapshot();
    expect(figures).toHaveLength(200);
    figures.forEach((series, index) => {
      expect(series).toMatchObject({ route: `route-${index}`, inFlight: 0, milliseconds: index });
      expect(series.fallbacks).toEqual(fallbackCauses.map((cause) => (cause === 'connect' ? 1 : 0)));
      expect(series.outcomes[failed]).toBe(1);
    });
  });
});

describe('figures of several processes', () => {
  function worked(route: string, requests: number, open: number) {
    const meter = createMeter();
    const slot = meter.slot(route, 'legacy');
    for (let index = 0; index < requests; index++) {
      meter.started(slot);
      meter.finished(slot, ok, 2);
    }
    for (let index = 0; index < open; index++) meter.started(slot);
    return meter.snapshot();
  }

  it('are summed series by series, and survive the way through JSON', () => {
    const one = JSON.parse(JSON.stringify(worked('shared', 3, 1)));
    const merged = mergeFigures([one, worked('shared', 4, 2), worked('alone', 1, 0)]);
    expect(merged.map(({ route, inFlight, outcomes }) => [route, inFlight, outcomes[ok]])).toEqual([
      ['shared', 3, 7],
      ['alone', 0, 1],
    ]);
    expect(merged[0]!.milliseconds).toBe(14);
  });

  it('are summed refusal by refusal', () => {
    const [one, other] = [createMeter(), createMeter()];
    one.refused('bad-host');
    for (let index = 0; index < 3; index++) other.refused('bad-host');
    other.refused('bad-target');
    expect(mergeRefusals([one.refusals(), other.refusals(), {}])).toEqual({ 'bad-host': 4, 'bad-target': 1 });
  });

  it('keep the counts of a process that ended, but nothing under way', () => {
    expect(settled(worked('r', 5, 2))[0]).toMatchObject({ inFlight: 0, milliseconds: 10 });
  });
});
