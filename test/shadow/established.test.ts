import { describe, expect, it } from 'vitest';
import type { Shown } from '../../src/shadow/aggregate.ts';
import { Established } from '../../src/shadow/established.ts';

const seen = (pattern: string, look: Shown['look'] = null): Shown => ({ kind: 'value', pattern, look });

function established(pattern: string, times = 20): Established {
  const known = new Established();
  for (let i = 0; i < times; i++) known.learn([seen(pattern, 'persistent')]);
  return known;
}

describe('what is established', () => {
  it('has persisted twenty times', () => {
    expect(established('$.total', 19).covers([seen('$.total')])).toBe(false);
    expect(established('$.total').covers([seen('$.total')])).toBe(true);
  });

  it('covers nothing that shows anything else as well', () => {
    expect(established('$.total').covers([seen('$.total'), seen('$.status')])).toBe(false);
    expect(established('$.total').covers([{ kind: 'missing', pattern: '$.total', look: null }])).toBe(false);
  });

  it.each(['race', 'noise'] as const)('is not any more after one %s', (look) => {
    const known = established('$.total');
    known.learn([seen('$.total', look)]);
    expect(known.covers([seen('$.total')])).toBe(false);
  });

  it('is not changed by what was not looked at', () => {
    const known = established('$.total');
    known.learn([seen('$.total'), seen('$.status')]);
    expect(known.covers([seen('$.total')])).toBe(true);
    expect(known.covers([seen('$.status')])).toBe(false);
  });

  it('is also what twenty looks are under way for, until they end', () => {
    const known = new Established();
    for (let i = 0; i < 20; i++) known.begin([seen('$.total')]);
    expect(known.covers([seen('$.total')])).toBe(true);
    known.learn([seen('$.total', 'race')]);
    known.end([seen('$.total')]);
    expect(known.covers([seen('$.total')])).toBe(false);
  });

  it('remembers a thousand signatures, whatever callers make up', () => {
    const known = established('$.total', 10);
    for (let i = 0; i < 20 * 5_000; i++) known.learn([seen(`$.x${i % 5_000}`, 'persistent')]);
    expect(known.covers([seen('$.x998')])).toBe(true);
    expect(known.covers([seen('$.x999')])).toBe(false);
    for (let i = 0; i < 10; i++) known.learn([seen('$.total', 'persistent')]);
    expect(known.covers([seen('$.total')])).toBe(true);
  });
});
