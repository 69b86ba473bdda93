import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyBounds } from '../../src/domain/evidence.ts';
import { latencyBucket } from '../../src/shadow/latency-bucket.ts';
import { pack, unpack } from '../../src/shadow/packing.ts';
import type { Pair, Seen } from '../../src/shadow/pair.ts';

const latin1 = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
const headers = fc.array(fc.tuple(latin1, latin1), { maxLength: 4 }).map((lines) => lines.flat());
const body = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 3 },
);

const seen: fc.Arbitrary<Seen> = fc.record({
  status: fc.integer({ min: 100, max: 999 }),
  headers,
  body,
  whole: fc.boolean(),
  milliseconds: fc.double({ min: 0, noNaN: true }),
});

const pairs: fc.Arbitrary<Pair> = fc.record({
  route: fc.constant('r'),
  arm: fc.constantFrom('legacy' as const, 'service' as const),
  at: fc.nat(),
  method: fc.constantFrom('GET', 'POST'),
  url: latin1,
  headers,
  clientIp: fc.ipV4(),
  requestBody: fc.option(body),
  traceparent: fc.constant('00-1-2-01'),
  legacy: seen,
  service: fc.option(seen),
  again: fc.option(seen),
  look: fc.constantFrom(null, { ask: () => {} }),
});

const whole = (pieces: readonly Buffer[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));
const unpacked = (one: Seen | null) => one && { ...one, body: whole(one.body) };

describe('packing', () => {
  it('brings pairs to the other side as they were, bodies in one piece', () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 5 }), (given) => {
        const accepted = given.map((pair, i) => ({ id: i + 1, lane: i + 7, pair, bytes: 0 }));
        const { heads, numbers, bytes } = structuredClone(pack(accepted));
        const came = unpack({ heads, numbers, bytes });
        expect(came).toEqual(
          accepted.map(({ id, lane, pair: { route: _, look, requestBody, legacy, service, again, ...rest } }) => ({
            ...rest,
            id,
            lane,
            requestBody: requestBody === null ? null : whole(requestBody),
            legacy: unpacked(legacy),
            service: unpacked(service),
            again: unpacked(again),
            hasLook: look !== null,
          })),
        );
      }),
    );
  });

  it('is put off by no line break in a header', () => {
    const one: Seen = { status: 200, headers: ['a', 'b\nc'], body: [], whole: true, milliseconds: 1 };
    fc.assert(
      fc.property(pairs, (pair) => {
        const [came] = unpack(
          pack([{ id: 1, lane: 1, pair: { ...pair, headers: ['x\n', '\n\n'], legacy: one }, bytes: 0 }]),
        );
        expect(came!.legacy.status).toBe(200);
        expect(came!.legacy.headers).toHaveLength(2);
      }),
    );
  });
});

describe('latency buckets', () => {
  it('are closed at their upper bounds', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (milliseconds) => {
        const bucket = latencyBucket(milliseconds);
        expect(milliseconds).toBeLessThanOrEqual(latencyBounds[bucket] ?? Number.POSITIVE_INFINITY);
        expect(milliseconds).toBeGreaterThan(latencyBounds[bucket - 1] ?? -1);
      }),
    );
    for (const [i, bound] of latencyBounds.entries()) expect(latencyBucket(bound)).toBe(i);
  });
});
