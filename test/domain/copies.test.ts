import { describe, expect, it } from 'vitest';
import { copiesOf, copyOf } from '../../src/domain/copies.ts';
import { explain } from '../../src/domain/explain.ts';
import type { InstanceUrl, Route, Settings } from '../../src/domain/settings.ts';
import { type ShadowWrites, unshadowed } from '../../src/domain/shadow.ts';
import { aRoute } from './a-route.ts';
import { aRow } from './a-row.ts';

const url = (port: number): InstanceUrl => {
  return { secure: false, hostname: 'a', port, authority: `a:${port}`, basePath: '' };
};

const route = (methods: readonly string[], writes: ShadowWrites = { mode: 'off' }): Route =>
  aRoute('order', [{ methods: ['GET', 'POST'], path: '/orders/:id' }], {
    percent: 0,
    shadow: { ...unshadowed, percent: 40, methods, writes },
  });

const reads = route(['GET', 'HEAD']);
const settings = (one: Route): Settings =>
  ({
    legacy: { urls: [url(1)] },
    services: [{ name: 'orders', urls: [url(2), url(3)] }],
    routes: [one],
    caller: [],
    override: null,
  }) as unknown as Settings;

describe('where copies go', () => {
  it.each([
    [0, 'copies go to orders at http://a:2, http://a:3, GET and HEAD only'],
    [50, 'copies go to whichever of legacy and orders does not answer the caller, GET and HEAD only'],
    [100, 'copies go to legacy at http://a:1, GET and HEAD only'],
  ])('depends on who answers: at %d %%', (percent, words) => {
    expect(copiesOf(reads, percent, settings(reads))).toBe(words);
  });

  it('is a file where that lists the instances', () => {
    const discovery = { kind: 'file', path: '/etc/orders.txt' };
    const found = { ...settings(reads), services: [{ name: 'orders', urls: [], discovery }] } as unknown as Settings;
    expect(copiesOf(reads, 0, found)).toBe(
      'copies go to orders at the instances that /etc/orders.txt lists, GET and HEAD only',
    );
  });

  it('is nowhere for methods that the route does not take', () => {
    const one = route(['PUT', 'PATCH'], { mode: 'header' });
    expect(copiesOf(one, 0, settings(one))).toBe('nothing is copied: the route takes no PUT, no PATCH');
  });

  it.each<[ShadowWrites, string]>([
    [{ mode: 'header' }, 'POST: copied to orders, which must not commit and say x-strangler-shadow: honoured'],
    [{ mode: 'url', url: url(4) }, 'POST: copied to the sister instance at http://a:4'],
    [
      { mode: 'readback', get: '/orders/{id}', within: 5_000 },
      'POST: not copied; GET /orders/{id} is compared on both sides afterwards',
    ],
  ])('follows what is done with writes: %j', (writes, words) => {
    const one = route(['POST'], writes);
    expect(copiesOf(one, 0, settings(one))).toBe(words);
    expect(copiesOf(one, 100, settings(one))).toBe('POST: not copied while orders answers');
  });
});

describe('the copy of one request', () => {
  it('goes to the target that does not answer', () => {
    expect(copyOf(reads, 'GET', 'legacy')).toEqual({ to: 'orders', says: 'copies go to orders' });
    expect(copyOf(reads, 'HEAD', 'service')).toEqual({ to: 'legacy', says: 'copies go to legacy' });
  });

  it('is not made of a method that is not listed, nor of what the service has written', () => {
    expect(copyOf(reads, 'POST', 'legacy')).toEqual({ to: null, says: 'no copy: shadow.methods is GET, HEAD' });
    expect(copyOf(route(['POST'], { mode: 'header' }), 'POST', 'service').to).toBeNull();
  });

  it.each<[ShadowWrites, string | null]>([
    [{ mode: 'off' }, null],
    [{ mode: 'readback', get: '/orders/{id}', within: 5_000 }, null],
    [{ mode: 'header' }, 'orders'],
    [{ mode: 'url', url: url(4) }, 'orders'],
  ])('of a write goes where writes say: %j', (writes, to) => {
    expect(copyOf(route(['POST'], writes), 'POST', 'legacy').to).toBe(to);
  });

  it('is explained with the live share, and left out where nothing is shadowed', () => {
    const question = { method: 'GET', target: '/orders/1', headers: [] };
    const shadowOf = (shadowLive: number, headers: [string, string][] = []) => {
      const live = [aRow({ route: 'order', service: reads.service, shadowLive })];
      return explain(settings(reads), { live, rollouts: [] }, { ...question, headers }).route?.shadow;
    };
    expect(shadowOf(12.5)).toEqual({ percent: 12.5, to: 'orders', says: 'copies go to orders' });
    expect(shadowOf(0)).toBeNull();
    expect(shadowOf(100, [['X-Strangler-Shadow', '1']])).toMatchObject({ percent: 100, to: null });
  });
});
