import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf } from '../../src/domain/caller.ts';
import { explain, type Question } from '../../src/domain/explain.ts';
import { buildTable } from '../../src/domain/match.ts';
import { Probe } from '../../src/domain/probe.ts';
import type { Rollout } from '../../src/domain/rollout/model.ts';
import { rolloutStatuses } from '../../src/domain/rollout/status.ts';
import type { Route, Settings } from '../../src/domain/settings.ts';
import { unmetConditions } from '../../src/domain/unmet.ts';
import { aRollout } from '../rollout/a-rollout.ts';
import { aRoute } from './a-route.ts';
import { aRow } from './a-row.ts';

const routes: readonly Route[] = [
  aRoute('order-read', [{ methods: ['GET'], path: '/api/orders/:id' }], {
    rewrite: '/orders/:id',
    percent: 25,
    line: 30,
  }),
  aRoute('order-write', [
    { methods: ['POST'], path: '/api/orders' },
    { methods: ['POST'], path: '/api/orders/:id/cancel', headers: [['x-beta', '*']] },
  ]),
  aRoute('moved', [{ path: '/moved', host: '*.shop.test' }], { percent: 100 }),
];
/** explain reads only these of the settings. */
const settings = {
  routes,
  caller: [{ from: 'header', name: 'x-user-id' }],
  override: { header: 'x-strangler-target', secret: 'hush' },
} as unknown as Settings;

const ask = (target: string, rest: Partial<Question> = {}) =>
  explain(settings, { live: [], rollouts: [] }, { method: 'GET', target, headers: [], ...rest });

/** A user whose bucket lies on the wanted side of 25 percent. */
const user = (below: boolean) => {
  for (let id = 1; ; id++) if (bucketOf('orders', `${id}`) < 2500 === below) return `${id}`;
};

describe('explain', () => {
  it('says which route, which match, which bucket, who answers and why', () => {
    const id = user(true);
    expect(ask('/api//orders/%34%32?x=1', { headers: [['X-User-Id', id]] })).toEqual({
      method: 'GET',
      host: null,
      path: '/api/orders/42',
      route: {
        id: 'order-read',
        line: 30,
        match: 'GET /api/orders/:id',
        params: { id: '42' },
        service: 'orders',
        stage: 'split',
        declared: 25,
        live: 25,
        latched: false,
        rollout: null,
        publishes: [],
        shadow: null,
      },
      caller: { source: 'header:x-user-id', group: 'orders', bucket: bucketOf('orders', id), threshold: 2500 },
      plan: {
        primary: 'orders',
        sends: '/orders/42?x=1',
        parts: null,
        fallback: 'on-failure',
        fallbackOn: [502, 503, 504],
        setsCookie: false,
        reason: 'bucket',
      },
      why: `order-read is at 25 % and the caller's bucket ${bucketOf('orders', id)} is below 2500, so orders answers.`,
      nearest: null,
    });
  });

  it('sends legacy the bytes as they came', () => {
    const { plan, why } = ask('/api//orders/%34%32', { headers: [['X-User-Id', user(false)]] });
    expect(plan).toMatchObject({ primary: 'legacy', sends: '/api//orders/%34%32', fallbackOn: null });
    expect(why).toContain('is not below 2500, so legacy answers');
  });

  it('promises a fallback after an answer for nothing but what may be sent twice', () => {
    const host = [['Host', 'a.shop.test']] as const;
    const { plan } = ask('/moved', { method: 'POST', headers: host });
    expect(plan).toMatchObject({ primary: 'orders', fallback: 'unless-connected', fallbackOn: null });
    expect(ask('/moved', { headers: host }).plan).toMatchObject({ fallback: 'on-failure' });
    expect(ask('/elsewhere', { method: 'POST' }).plan).toMatchObject({ fallback: 'none' });
  });

  it.each(['TRACE', 'CONNECT'])('says that %s is refused', (method) => {
    const { plan, route, caller, why } = ask('/moved', { method, headers: [['Host', 'a.shop.test']] });
    expect({ plan, route, caller }).toEqual({ plan: null, route: null, caller: null });
    expect(why).toBe(`${method} is never forwarded: the proxy answers 405 (method-refused) itself.`);
  });

  it('never shows what identifies the caller', () => {
    const secret = 'A'.repeat(22);
    const explanation = ask('/api/orders/1', { headers: [['Cookie', `strangler_caller=${secret}`]] });
    expect(explanation.caller?.source).toBe('cookie:strangler_caller');
    expect(JSON.stringify(explanation)).not.toContain(secret);
  });

  it('says when nothing identifies the caller', () => {
    const explanation = ask('/api/orders/1');
    expect(explanation.caller).toMatchObject({ source: null, bucket: null });
    expect(explanation.plan).toMatchObject({ primary: 'legacy', reason: 'unidentified', setsCookie: true });
  });

  it('goes by the live percent where the state has one', () => {
    const row = aRow({ route: 'order-read', declared: 25, latched: true, shadowLive: 5 });
    const inForce = { live: [row], rollouts: [] };
    const explanation = explain(settings, inForce, { method: 'GET', target: '/api/orders/1', headers: [] });
    expect(explanation.route).toMatchObject({ stage: 'shadow', declared: 25, live: 0, latched: true });
    expect(explanation.why).toBe('order-read is at 0 %, so legacy answers every caller.');
  });

  it('names the rollout under way that moves the route, and where it stands', () => {
    const told = (standing: Rollout['standing'], moved: string) => {
      const rollouts = rolloutStatuses([aRollout({ standing, step: 1, routes: [moved] })]);
      return explain(settings, { live: [], rollouts }, { method: 'GET', target: '/api/orders/1', headers: [] }).route;
    };
    const here = { name: 'orders', phase: 'holding', step: 2, steps: [5, 50, 100], percent: 50 };
    expect(told({ phase: 'holding' }, 'order-read')?.rollout).toEqual(here);
    expect(told({ phase: 'holding' }, 'order-write')?.rollout).toBeNull();
    expect(told({ phase: 'complete' }, 'order-read')?.rollout).toBeNull();
  });

  it('follows an override', () => {
    const { plan, why } = ask('/api/orders/1', { headers: [['x-strangler-target', 'orders; secret=hush']] });
    expect(plan).toMatchObject({ primary: 'orders', reason: 'override' });
    expect(why).toBe('The override header asks for orders, so orders answers.');
  });

  it("takes the host from an absolute target before the Host line's", () => {
    const headers = [['Host', 'other.test']] as const;
    const { route, plan } = ask('http://a.shop.test:80/moved?x', { headers });
    expect(route?.id).toBe('moved');
    expect(plan?.sends).toBe('/moved?x');
    expect(ask('/moved', { headers }).route).toBeNull();
  });

  it.each([
    ['GET', '/api/orders/7/', 'order-read', 'the path is /api/orders/7/, not /api/orders/:id'],
    [
      'POST',
      '/api/orders/',
      'order-write',
      'the path is /api/orders/, not /api/orders (a trailing slash is another path)',
    ],
    ['PUT', '/api/orders/7', 'order-read', 'the method is PUT, not GET'],
    ['POST', '/api/orders/7/cancel', 'order-write', 'the header x-beta is missing'],
    ['GET', '/moved', 'moved', 'the host is missing, not *.shop.test'],
    ['GET', '/api/ordrs/7', 'order-read', 'the path is /api/ordrs/7, not /api/orders/:id'],
  ])('names the nearest route for %s %s: %s, because %s', (method, target, route, unmet) => {
    const { plan, nearest } = ask(target, { method });
    expect(plan).toMatchObject({ primary: 'legacy', sends: target, reason: 'unmatched' });
    expect(nearest).toMatchObject({ route, unmet: [unmet] });
  });

  it('names none for a path that has nothing in common with any', () => {
    expect(ask('/').nearest).toBeNull();
    expect(ask('/other/thing').nearest).toBeNull();
  });
});

describe('unmet conditions', () => {
  it('are none exactly where the table lets the request through', () => {
    const pair = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('1', 'é', '*'));
    const someMatch = fc.record({
      methods: fc.option(fc.constantFrom(['GET'], ['POST', 'OPTIONS'])),
      path: fc.constantFrom('/', '/:x', '/*'),
      host: fc.option(fc.constantFrom('x.test', '*.test')),
      headers: fc.array(pair, { maxLength: 2 }),
      query: fc.array(pair, { maxLength: 2 }),
    });
    const line = fc.constantFrom(['A', '1'], ['b', 'Ã©'], ['Origin', 'o'], ['access-control-request-method', 'HEAD']);
    fc.assert(
      fc.property(
        someMatch,
        fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS'),
        fc.option(fc.constantFrom('X.test:1', 'a.x.test', 'test')),
        fc.array(line, { maxLength: 4 }).map((lines) => lines.flat()),
        fc.constantFrom('/', '/y', '/y/z'),
        fc.constantFrom(null, 'a=1', 'b=%C3%A9&a'),
        (match, method, host, lines, path, query) => {
          const matched = buildTable([aRoute('r', [match])]).match(method, host, lines, path, query);
          const unmet = unmetConditions(match, new Probe(method, host, lines, path, query));
          expect(unmet.length === 0).toBe(matched !== null);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
