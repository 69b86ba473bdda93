/**
 * What one match costs in a table of 5 and of 5,000 routes, and what such a table costs to build:
 * `node dist/bench/match.js`. Each shape is one that has been slow in some router.
 */
import { performance } from 'node:perf_hooks';
import { buildTable, type RouteTable } from '../src/domain/match.ts';
import { normalisePath, splitTarget } from '../src/domain/path.ts';
import type { Match, Route } from '../src/domain/settings.ts';
import { unshadowed } from '../src/domain/shadow.ts';

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

interface Shape {
  readonly name: string;
  match(i: number): Partial<Match>;
  /** Asks for the i-th route. */
  request(i: number): Partial<Request> & { readonly target: string };
}

const shapes: readonly Shape[] = [
  {
    name: '/api/x<i>/:id',
    match: (i) => ({ path: `/api/x${i}/:id` }),
    request: (i) => ({ target: `/api/x${i}/42?page=2` }),
  },
  {
    name: '/api/x<i>/:id{[0-9]+}',
    match: (i) => ({ path: `/api/x${i}/:id{[0-9]+}` }),
    request: (i) => ({ target: `/api/x${i}/42` }),
  },
  {
    name: '/a/b/c/d/x<i>/*',
    match: (i) => ({ path: `/a/b/c/d/x${i}/*` }),
    request: (i) => ({ target: `/a/b/c/d/x${i}/e/f/g` }),
  },
  {
    name: 'a missed path',
    match: (i) => ({ path: `/api/x${i}/:id` }),
    request: () => ({ target: '/shop/basket/items' }),
  },
  {
    name: 'one path, a method each',
    match: (i) => ({ path: '/api/orders', methods: [`M${i}`] }),
    request: (i) => ({ target: '/api/orders', method: `M${i}` }),
  },
  {
    name: '/:a<i>/:b<i>',
    match: (i) => ({ path: `/:a${i}/:b${i}`, methods: [i % 2 === 0 ? 'GET' : 'POST'] }),
    request: () => ({ target: '/one/two' }),
  },
  {
    name: 'one path, a header value each',
    match: (i) => ({ path: '/api/orders', headers: [['x-tenant', `t${i}`]] }),
    request: (i) => ({ target: '/api/orders', headers: ['X-Tenant', `t${i}`] }),
  },
  {
    name: 'one path, a header name each',
    match: (i) => ({ path: '/api/orders', headers: [[`x-tenant-${i}`, '*']] }),
    request: (i) => ({ target: '/api/orders', headers: [`X-Tenant-${i}`, '1'] }),
  },
  {
    name: 'one path, a host each',
    match: (i) => ({ path: '/*', host: `*.t${i}.example.com` }),
    request: (i) => ({ target: '/api/orders', headers: ['Host', `www.t${i}.example.com`] }),
  },
  {
    name: 'one path, a query value each',
    match: (i) => ({ path: '/api/orders', query: [['tenant', `t${i}`]] }),
    request: (i) => ({ target: `/api/orders?a=1&tenant=t${i}` }),
  },
  {
    name: '/item<i>-:name (a prefix each)',
    match: (i) => ({ path: `/item${i}-:name` }),
    request: (i) => ({ target: `/item${i}-blue` }),
  },
];

/** What a browser sends along. */
const usual = [
  ...['Host', 'shop.example.com', 'Connection', 'keep-alive', 'Cache-Control', 'max-age=0'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'Accept', 'text/html,*/*;q=0.8'],
  ...['Accept-Encoding', 'gzip, deflate, br', 'Accept-Language', 'en', 'Cookie', 'session=1; theme=dark'],
];

const rounds = 200_000;

console.log(`${'shape'.padEnd(32)} ${'5 routes'.padStart(12)} ${'5,000 routes'.padStart(14)} ${'build'.padStart(10)}`);
for (const shape of shapes) {
  const small = buildTable(routesOf(shape, 5));
  const began = performance.now();
  const large = buildTable(routesOf(shape, 5_000));
  const built = performance.now() - began;
  const [few, many] = [nanoseconds(small, shape, 5), nanoseconds(large, shape, 5_000)];
  console.log(
    `${shape.name.padEnd(32)} ${`${few} ns`.padStart(12)} ${`${many} ns`.padStart(14)} ${`${built.toFixed(0)} ms`.padStart(10)}`,
  );
}
const plain = '/api/orders/42/lines/7';
console.log(`\nnormalisePath, nothing to do  ${timed(() => normalisePath(plain).length)} ns`);
console.log(`normalisePath, rebuilt        ${timed(() => normalisePath('/%61pi/../api//orders').length)} ns`);

/** The median of five, over requests for routes from all of the table. */
function nanoseconds(table: RouteTable, shape: Shape, size: number): number {
  const requests = Array.from({ length: 64 }, (_, i) => {
    const asked = shape.request(Math.floor((i / 64) * size));
    const { path, query } = splitTarget(asked.target);
    const headers = [...(asked.headers ?? []), ...usual];
    return { method: asked.method ?? 'GET', host: headers[headers.indexOf('Host') + 1]!, headers, path, query };
  });
  let turn = 0;
  return timed(() => {
    const { method, host, headers, path, query } = requests[turn++ & 63]!;
    return table.match(method, host, headers, path, query)?.index ?? 0;
  });
}

function timed(work: () => number): number {
  const runs: number[] = [];
  let sum = 0;
  for (let run = 0; run < 5; run++) {
    const began = performance.now();
    for (let i = 0; i < rounds; i++) sum += work();
    runs.push(((performance.now() - began) * 1e6) / rounds);
  }
  if (Number.isNaN(sum)) throw new Error('the work was not done');
  return Math.round(runs.sort((a, b) => a - b)[2]!);
}

function routesOf(shape: Shape, size: number): Route[] {
  return Array.from({ length: size }, (_, i) => ({
    id: `r${i}`,
    matches: [{ methods: null, path: '/', host: null, headers: [], query: [], ...shape.match(i) }],
    service: 'orders',
    group: 'orders',
    rewrite: null,
    compose: null,
    percent: 0,
    fallback: null,
    fallthrough: [],
    retired: false,
    shadow: unshadowed,
    rollout: null,
    guard: null,
    publish: [],
    fingerprint: '',
    line: i,
  }));
}
