import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, callerKey, ownCookie, thresholdOf } from '../../src/domain/caller.ts';
import type { KeySource } from '../../src/domain/settings.ts';

describe("a caller's key", () => {
  const sources: readonly KeySource[] = [
    { from: 'header', name: 'x-user-id' },
    { from: 'cookie', name: 'session' },
    { from: 'query', name: 'user' },
    { from: 'ip' },
  ];

  it('comes from the first source that is there and not empty', () => {
    const all = ['Cookie', 'session=c', 'X-User-Id', 'h'];
    expect(callerKey(sources, all, 'user=q', '1.2.3.4')).toBe('h');
    expect(callerKey(sources, ['X-User-Id', '', ...all.slice(0, 2)], 'user=q', '1.2.3.4')).toBe('c');
    expect(callerKey(sources, ['cookie', 'session='], 'user=q', '1.2.3.4')).toBe('q');
    expect(callerKey(sources, [], 'user=', '1.2.3.4')).toBe('1.2.3.4');
    expect(callerKey(sources, [], null, '')).toBeNull();
    expect(callerKey([], all, 'user=q', '1.2.3.4')).toBeNull();
  });

  it.each([
    ['session=a', 'a'],
    ['x=1; session=a; session=b', 'a'],
    ['x=1;session=a', 'a'],
    ['\tsession=a=b ;x', 'a=b'],
    ['session=; session=b', 'b'],
    ['session="a b"', '"a b"'],
    [';;=;session;;session=a', 'a'],
    ['mysession=a', null],
    ['session', null],
    ['Session=a', null],
    ['session;=a', null],
    ['', null],
  ])('in the cookies %j is %j', (cookies, key) => {
    expect(callerKey([{ from: 'cookie', name: 'session' }], ['Cookie', cookies], null, '')).toBe(key);
  });

  it('is looked for in every Cookie line', () => {
    const lines = ['cookie', 'a=1', 'COOKIE', 'session=2'];
    expect(callerKey([{ from: 'cookie', name: 'session' }], lines, null, '')).toBe('2');
  });

  it.each([
    ['user=a%20b', 'a%20b'],
    ['x=1&user=a&user=b', 'a'],
    ['xuser=a', null],
    ['user', null],
  ])('in the query %j is %j, as it came', (query, key) => {
    expect(callerKey([{ from: 'query', name: 'user' }], [], query, '')).toBe(key);
  });

  it('never throws on hostile cookies, and finds what was put among them', () => {
    const junk = fc.string({ unit: fc.constantFrom(';', '=', ' ', '"', 's', 'session', '\xff') });
    fc.assert(
      fc.property(junk, junk, (before, after) => {
        const cookies = `${before};needle=42;${after}`;
        expect(callerKey([{ from: 'cookie', name: 'needle' }], ['Cookie', cookies], null, '')).toBe('42');
      }),
    );
  });
});

describe('our own cookie', () => {
  const lines = (value: string) => ['Cookie', `a=1; strangler_caller=${value}`];

  it('is believed in the form that we give out', () => {
    fc.assert(
      fc.property(
        fc.constant(null).map(() => randomBytes(16).toString('base64url')),
        (value) => {
          expect(ownCookie(lines(value))).toBe(value);
        },
      ),
    );
  });

  it.each(['', 'short', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}B`, `${'+'.repeat(21)}A`, '"'.repeat(22)])(
    'is not believed as %j',
    (value) => {
      expect(ownCookie(lines(value))).toBeNull();
    },
  );

  it('is found behind a forged one', () => {
    const genuine = 'A'.repeat(22);
    expect(ownCookie(lines(`forged; strangler_caller=${genuine}`))).toBe(genuine);
  });
});

describe('buckets', () => {
  const share = (keys: readonly string[], percent: number, group = 'orders') =>
    keys.filter((key) => bucketOf(group, key) < thresholdOf(percent)).length / keys.length;
  const sequential = Array.from({ length: 10_000 }, (_, i) => String(i + 1));

  it('never move a caller back when the percent grows', () => {
    const percent = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100);
    fc.assert(
      fc.property(fc.string(), fc.string(), percent, percent, (group, key, a, b) => {
        const bucket = bucketOf(group, key);
        const onService = (p: number) => bucket < thresholdOf(p);
        if (onService(Math.min(a, b))) expect(onService(Math.max(a, b))).toBe(true);
      }),
    );
  });

  it('hold nobody at 0 and everybody at 100', () => {
    expect(share(sequential, 0)).toBe(0);
    expect(share(sequential, 100)).toBe(1);
  });

  it.each([
    ['sequential ids', sequential],
    ['sequential ids with a prefix', sequential.map((id) => `user-${id}`)],
    ['random tokens', sequential.map((id) => createHash('md5').update(id).digest('base64url'))],
    ['addresses of one network', sequential.map((_, i) => `10.0.${i >> 8}.${i & 255}`)],
  ])('give 25 % of 10,000 %s to the service, within a point', (_, keys) => {
    expect(Math.abs(share(keys, 25) - 0.25)).toBeLessThan(0.01);
  });

  it('of different groups are independent', () => {
    const onOrders = sequential.filter((key) => bucketOf('orders', key) < thresholdOf(25));
    expect(Math.abs(share(onOrders, 25, 'payments') - 0.25)).toBeLessThan(0.04);
  });

  it('are those of murmur3(group + ":" + key), for other implementations to agree with', () => {
    expect(bucketOf('orders', '42')).toBe(9775);
  });

  it.each([
    [0, 0],
    [0.01, 1],
    [1.15, 115],
    [33.33, 3333],
    [99.99, 9999],
    [100, 10_000],
  ])('of %d percent end at %d', (percent, threshold) => {
    expect(thresholdOf(percent)).toBe(threshold);
  });
});
