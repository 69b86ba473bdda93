import { describe, expect, it } from 'vitest';
import { defaultEvidence, nothingRedacted, unshadowed } from '../../src/domain/shadow.ts';
import { settingsOf, withRoutes } from './reading.ts';

describe('settings', () => {
  it('have a default for everything but legacy', () => {
    expect(settingsOf('legacy: { url: http://127.0.0.1:3000 }\n')).toEqual({
      listen: {
        host: '127.0.0.1',
        port: 8080,
        tls: null,
        timeout: { headers: 10_000, body: 30_000, answer: 300_000, idle: 75_000 },
        limits: { headers: 65_536, path: 8_192, headerCount: 200, concurrent: 10_000, lag: 1_000 },
        trust: [],
        drain: 10_000,
      },
      admin: { host: '127.0.0.1', port: 9090, token: null, hosts: [] },
      state: { kind: 'sqlite', path: '/etc/strangler/.strangler/state.db' },
      legacy: {
        name: 'legacy',
        urls: [{ secure: false, hostname: '127.0.0.1', port: 3000, authority: '127.0.0.1:3000', basePath: '' }],
        discovery: { kind: 'static' },
        balance: 'round-robin',
        slowStart: 0,
        health: null,
        ejection: null,
        timeout: { connect: 5_000, response: 0, idle: 0, total: 0 },
        retry: null,
        circuit: null,
        bulkhead: null,
        host: 'preserve',
        via: true,
        tls: { ca: null, servername: null, verify: true },
        writes: 'separate',
      },
      services: [],
      caller: [],
      override: null,
      debug: false,
      accessLog: false,
      redact: nothingRedacted,
      evidence: defaultEvidence,
      webhooks: [],
      events: {
        bus: { kind: 'sqlite', path: '/etc/strangler/.strangler/events.db' },
        stream: 'strangler.events',
        source: '/strangler',
        keep: 7 * 24 * 3_600_000,
        most: 1_000_000,
        sync: 'disk',
      },
      routes: [],
    });
  });

  it('hold a service to tighter limits than legacy', () => {
    const { services } = settingsOf(withRoutes('  []'));
    expect(services.map(({ name }) => name)).toEqual(['orders', 'stock']);
    expect(services[0]).toMatchObject({
      timeout: { connect: 2_000, response: 5_000, idle: 60_000, total: 0 },
      slowStart: 10_000,
      health: null,
      ejection: { failures: 5, time: 30_000, longest: 300_000, most: 10 },
      retry: {
        attempts: 3,
        backoff: { first: 100, longest: 2_000 },
        budget: 20,
        floor: 3,
        methods: ['GET', 'HEAD', 'OPTIONS'],
        on: [502, 503, 504],
      },
      circuit: { failures: 5, rate: 50, window: 10_000, volume: 20, reset: 30_000 },
      bulkhead: { concurrent: 100, queue: 50, wait: 1_000 },
    });
  });

  it('let a policy be turned off, and on for legacy', () => {
    const settings = settingsOf(
      [
        'legacy: { url: http://a, circuit: { failures: 9 }, health: { path: /up } }',
        'services:',
        '  orders: { url: http://b, circuit: off, retry: off, bulkhead: off, ejection: off, discover: dns }',
        '  stock: { discover: { file: ./stock.txt } }',
      ].join('\n'),
    );
    expect(settings.legacy.circuit).toEqual({ failures: 9, rate: 50, window: 10_000, volume: 20, reset: 30_000 });
    expect(settings.legacy.health).toEqual({
      path: '/up',
      every: 5_000,
      timeout: 2_000,
      unhealthyAfter: 3,
      healthyAfter: 2,
    });
    const [orders, stock] = settings.services;
    expect(orders).toMatchObject({ circuit: null, retry: null, bulkhead: null, ejection: null });
    expect([orders?.discovery, stock?.discovery]).toEqual([
      { kind: 'dns' },
      { kind: 'file', path: '/etc/strangler/stock.txt' },
    ]);
  });

  it('read a rollout: steps with a hold of their own, gates as they are spelled, a match only where a shadow makes one', () => {
    const plan =
      '{ steps: [1, { percent: 25, hold: 1h, approve: true }, 100], hold: 5m, gates: { errors: 1%, p99: off } }';
    const { routes } = settingsOf(
      withRoutes(
        `  - { match: /a, service: orders, percent: 0, shadow: 100, rollout: ${plan}, guard: off }`,
        '  - { match: /b, service: orders, percent: 0, rollout: {}, fallthrough: [404, 501] }',
      ),
    );
    expect(routes[0]?.rollout).toEqual({
      steps: [
        { percent: 1, hold: 300_000, approve: false },
        { percent: 25, hold: 3_600_000, approve: true },
        { percent: 100, hold: 300_000, approve: false },
      ],
      gates: { errors: 1, p99: null, match: 99.9, minRequests: 500, prometheus: [] },
      onFailure: 'rollback',
    });
    expect(routes[0]?.guard).toBeNull();
    expect(routes[1]).toMatchObject({
      fallthrough: [404, 501],
      guard: { margin: 5, window: 60_000, minRequests: 50 },
      rollout: { gates: { errors: 0.5, p99: 1.2, match: null } },
    });
    expect(routes[1]?.rollout?.steps.map(({ percent }) => percent)).toEqual([1, 5, 25, 50, 100]);
  });

  it('take empty lists of services and routes for none', () => {
    const settings = settingsOf('legacy: { url: http://a }\nservices:\nroutes:\n');
    expect(settings.services).toEqual([]);
    expect(settings.routes).toEqual([]);
  });

  it.each([
    ['http://a', { secure: false, hostname: 'a', port: 80, authority: 'a', basePath: '' }],
    ['https://A.example/', { secure: true, hostname: 'a.example', port: 443, authority: 'a.example', basePath: '' }],
    ['http://a:8080/v1/', { secure: false, hostname: 'a', port: 8080, authority: 'a:8080', basePath: '/v1' }],
    ['http://a:80/', { secure: false, hostname: 'a', port: 80, authority: 'a', basePath: '' }],
    ['https://[::1]:8443', { secure: true, hostname: '::1', port: 8443, authority: '[::1]:8443', basePath: '' }],
  ])('read the URL %s', (url, instance) => {
    expect(settingsOf(`legacy: { url: "${url}" }\n`).legacy.urls).toEqual([instance]);
  });

  it.each([
    ['memory', { kind: 'memory' }],
    ['"memory:"', { kind: 'memory' }],
    ['sqlite:live.db', { kind: 'sqlite', path: '/etc/strangler/live.db' }],
    ['sqlite:../s/live.db', { kind: 'sqlite', path: '/etc/s/live.db' }],
    ['sqlite:/var/lib/live.db', { kind: 'sqlite', path: '/var/lib/live.db' }],
    ['sqlite:///var/lib/live.db', { kind: 'sqlite', path: '/var/lib/live.db' }],
  ])('read the state %s, relative to the file', (written, state) => {
    expect(settingsOf(`legacy: { url: http://a }\nstate: ${written}\n`).state).toEqual(state);
  });

  it('read keys, override, trust and flags', () => {
    const settings = settingsOf(
      [
        'legacy: { url: http://a, host: target, via: false, writes: shared }',
        'listen: { trust: [10.0.0.0/8, 192.168.1.1, "fd00::/8", "::1"], drain: 0, host: "[::1]" }',
        'admin: { host: 0.0.0.0, token: 0123456789abcdefgh, hosts: [ops.example] }',
        'caller: [header:X-User-Id, cookie:Session, query:User, ip]',
        'override: { header: X-Target, secret: 0123456789abcdefgh }',
        'debug: true',
        'accessLog: true',
      ].join('\n'),
    );
    expect(settings.legacy).toMatchObject({ host: 'target', via: false, writes: 'shared' });
    expect(settings.listen.trust).toEqual(['10.0.0.0/8', '192.168.1.1/32', 'fd00::/8', '::1/128']);
    expect(settings.listen).toMatchObject({ host: '::1', drain: 0 });
    expect(settings.admin).toMatchObject({ token: '0123456789abcdefgh', hosts: ['ops.example'] });
    expect(settings.caller).toEqual([
      { from: 'header', name: 'x-user-id' },
      { from: 'cookie', name: 'Session' },
      { from: 'query', name: 'User' },
      { from: 'ip' },
    ]);
    expect(settings.override).toEqual({ header: 'x-target', secret: '0123456789abcdefgh' });
    expect([settings.debug, settings.accessLog]).toEqual([true, true]);
  });

  it('follow anchors and merge keys', () => {
    const { services } = settingsOf(
      'legacy: { url: http://a }\nservices:\n  a: &slow\n    url: http://b\n    timeout: { response: 1m }\n' +
        '  b:\n    <<: *slow\n    url: http://c\n',
    );
    expect(services.map(({ urls, timeout }) => [urls[0]?.hostname, timeout.response])).toEqual([
      ['b', 60_000],
      ['c', 60_000],
    ]);
  });
});

describe('a route', () => {
  const routeOf = (written: string) => settingsOf(withRoutes(`  - ${written}`)).routes[0];

  it('with a service alone has moved: 100 percent, the service as its group, the usual fallback', () => {
    expect(routeOf('{ id: read, match: "GET /api/orders/:id", service: orders }')).toEqual({
      id: 'read',
      matches: [{ methods: ['GET'], path: '/api/orders/:id', host: null, headers: [], query: [] }],
      service: 'orders',
      group: 'orders',
      rewrite: null,
      compose: null,
      percent: 100,
      fallback: { on: [502, 503, 504] },
      fallthrough: [],
      rollout: null,
      publish: [],
      guard: { margin: 5, window: 60_000, minRequests: 50 },
      retired: false,
      shadow: unshadowed,
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
      line: 7,
    });
  });

  it('takes its own group, percent, rewrite and fallback', () => {
    const written =
      '{ match: "/a/:id", service: orders, group: g, percent: 12.5, rewrite: "/:id", fallback: { on: [404] } }';
    expect(routeOf(written)).toMatchObject({ group: 'g', percent: 12.5, rewrite: '/:id', fallback: { on: [404] } });
    expect(routeOf('{ match: /a, service: orders, fallback: none }')?.fallback).toBeNull();
    expect(routeOf('{ match: /a, service: orders, fallback: {} }')?.fallback).toEqual({ on: [502, 503, 504] });
    expect(routeOf('{ match: /a, service: orders, percent: 0 }')?.percent).toBe(0);
    expect(routeOf(`{ match: /a, service: orders, percent: '25' }`)?.percent).toBe(25);
  });

  it('whose legacy is retired has nothing to fall back to', () => {
    const retired = routeOf('{ match: /a, service: orders, legacy: retired }');
    expect(retired).toMatchObject({ retired: true, fallback: null, percent: 100 });
  });

  it.each([
    ['GET /a', [{ methods: ['GET'], path: '/a', host: null, headers: [], query: [] }]],
    ['/a', [{ methods: null, path: '/a', host: null, headers: [], query: [] }]],
    ['"GET,PROPFIND  /a/*"', [{ methods: ['GET', 'PROPFIND'], path: '/a/*', host: null, headers: [], query: [] }]],
    ['"/v:n{[0-9]+}/x"', [{ methods: null, path: '/v:n{[0-9]+}/x', host: null, headers: [], query: [] }]],
    ['{ host: "*.Example.com" }', [{ methods: null, path: '/*', host: '*.example.com', headers: [], query: [] }]],
    [
      '{ methods: "PUT, POST", headers: { X-Tenant: acme }, query: { beta: "*" } }',
      [{ methods: ['PUT', 'POST'], path: '/*', host: null, headers: [['x-tenant', 'acme']], query: [['beta', '*']] }],
    ],
    [
      '[POST /a, { path: /b, methods: [DELETE] }]',
      [
        { methods: ['POST'], path: '/a', host: null, headers: [], query: [] },
        { methods: ['DELETE'], path: '/b', host: null, headers: [], query: [] },
      ],
    ],
  ])('matches %s', (written, matches) => {
    expect(routeOf(`{ match: ${written}, service: orders }`)?.matches).toEqual(matches);
  });

  it.each([
    ['GET /api/orders/:id', 'get-api-orders-id'],
    ['"GET,POST /"', 'get-post'],
    ['/static/*', 'any-static-rest'],
    ['{ host: a.example }', 'any-a-example-rest'],
  ])('without an id is called after its match: %s', (match, id) => {
    expect(routeOf(`{ match: ${match}, service: orders }`)?.id).toBe(id);
  });

  it('knows its line', () => {
    const { routes } = settingsOf(
      withRoutes(
        '  # first',
        '  - id: a',
        '    match: /a',
        '    service: orders',
        '  - { id: b, match: /b, service: stock }',
      ),
    );
    expect(routes.map(({ line }) => line)).toEqual([8, 11]);
  });
});
