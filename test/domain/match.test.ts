import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTable } from '../../src/domain/match.ts';
import type { Match, Route } from '../../src/domain/settings.ts';
import { aRoute } from './a-route.ts';

describe('a route table', () => {
  it('gives the first route in file order whose conditions all hold', () => {
    const table = buildTable([
      route('any', { path: '/api/:id' }),
      route('exact', { path: '/api/orders' }),
      route('other', { path: '/other' }),
    ]);
    expect(idOf(table.match('GET', 'h', [], '/api/orders', null))).toBe('any');
    expect(idOf(table.match('GET', 'h', [], '/other', null))).toBe('other');
    expect(table.match('GET', 'h', [], '/nowhere', null)).toBeNull();
  });

  it('goes on to a later route when a condition of the first does not hold', () => {
    const table = buildTable([
      route('write', { methods: ['POST'], path: '/a' }),
      route('beta', { path: '/a', headers: [['x-beta', '1']] }),
      route('rest', { path: '/*' }),
    ]);
    expect(idOf(table.match('POST', 'h', [], '/a', null))).toBe('write');
    expect(idOf(table.match('GET', 'h', ['X-Beta', '1'], '/a', null))).toBe('beta');
    expect(idOf(table.match('GET', 'h', ['X-Beta', '2'], '/a', null))).toBe('rest');
  });

  it('says by which of its matches a route was taken, and what the names bind', () => {
    const table = buildTable([route('two', { path: '/a' }, { path: '/a/:id/:part' })]);
    expect(table.match('GET', null, [], '/a/7/x%2Fy', null)).toMatchObject({
      index: 0,
      matchIndex: 1,
      params: ['id', '7', 'part', 'x%2Fy'],
    });
    expect(table.match('GET', null, [], '/a', null)).toMatchObject({ matchIndex: 0, params: null });
  });

  it('lets HEAD through where GET is named, and no other method', () => {
    const table = buildTable([route('read', { methods: ['GET'], path: '/a' })]);
    expect(idOf(table.match('HEAD', null, [], '/a', null))).toBe('read');
    expect(table.match('OPTIONS', null, [], '/a', null)).toBeNull();
    expect(table.match('get', null, [], '/a', null)).toBeNull();
  });

  describe('asked by a CORS preflight', () => {
    const asks = (method: string) => ['Origin', 'https://shop.example', 'access-control-request-method', method];
    const write = route('write', { methods: ['POST'], path: '/a' });
    const options = route('options', { methods: ['OPTIONS'], path: '/a' });

    it('follows the route of the method that it asks about', () => {
      const table = buildTable([write]);
      expect(idOf(table.match('OPTIONS', null, asks('POST'), '/a', null))).toBe('write');
      expect(table.match('OPTIONS', null, asks('PUT'), '/a', null)).toBeNull();
    });

    it('takes the earlier of that route and one which names OPTIONS', () => {
      expect(idOf(buildTable([options, write]).match('OPTIONS', null, asks('POST'), '/a', null))).toBe('options');
      expect(idOf(buildTable([write, options]).match('OPTIONS', null, asks('POST'), '/a', null))).toBe('write');
    });

    it('is an ordinary OPTIONS without an Origin', () => {
      const table = buildTable([write, options]);
      expect(idOf(table.match('OPTIONS', null, asks('POST').slice(2), '/a', null))).toBe('options');
    });
  });

  it.each([
    ['API.Example.com:8443', 'exact'],
    ['api.example.com.', 'exact'],
    ['deep.er.example.com', 'wildcard'],
    ['example.com', undefined],
    ['badexample.com', undefined],
    ['.example.com', undefined],
    ['[::1]:80', 'six'],
    [null, undefined],
  ])('takes host %j to %j', (host, id) => {
    const table = buildTable([
      route('exact', { path: '/', host: 'api.example.com' }),
      route('wildcard', { path: '/', host: '*.example.com' }),
      route('six', { path: '/', host: '[::1]' }),
    ]);
    expect(idOf(table.match('GET', host, [], '/', null))).toBe(id);
  });

  it('holds header conditions against any line of that name, bytes for bytes', () => {
    const table = buildTable([
      route('both', {
        path: '/',
        headers: [
          ['x-a', '1'],
          ['x-b', '*'],
        ],
      }),
      route('two-values', {
        path: '/',
        headers: [
          ['x-a', '2'],
          ['x-a', '3'],
        ],
      }),
      route('accent', { path: '/', headers: [['x-c', 'café']] }),
    ]);
    const id = (...lines: string[]) => idOf(table.match('GET', null, lines, '/', null));
    expect(id('X-A', '0', 'x-B', '', 'x-a', '1')).toBe('both');
    expect(id('x-a', '3', 'x-a', '2')).toBe('two-values');
    expect(id('x-a', '3')).toBeUndefined();
    expect(id('x-c', Buffer.from('café').toString('latin1'))).toBe('accent');
  });

  it('holds query conditions against the decoded values', () => {
    const table = buildTable([
      route('value', { path: '/', query: [['q', 'a b&c']] }),
      route('present', { path: '/', query: [['flag', '*']] }),
    ]);
    const id = (query: string | null) => idOf(table.match('GET', null, [], '/', query));
    expect(id('x=1&q=a+b%26c')).toBe('value');
    expect(id('%71=a%20b%26c')).toBe('value');
    expect(id('q=A+b%26c')).toBeUndefined();
    expect(id('flag')).toBe('present');
    expect(id('flags=1')).toBeUndefined();
    expect(id(null)).toBeUndefined();
  });

  it('reads a header that a caller repeats no oftener than there are conditions', () => {
    const names = ['x-a', 'x-b', 'x-z'];
    const table = buildTable([route('deep', { path: '/', headers: names.map((name) => [name, '1']) })]);
    const lines = Array.from({ length: 50 }, () => ['x-a', '1', 'x-b', '1']).flat();
    let reads = 0;
    const counted = new Proxy(lines, {
      get(target, key) {
        reads++;
        return Reflect.get(target, key);
      },
    });
    expect(table.match('GET', null, counted, '/', null)).toBeNull();
    expect(reads).toBeLessThan(names.length * 4 * lines.length);
  });

  it('answers as a scan of the file in order would', () => {
    fc.assert(
      fc.property(
        fc.array(someRoute, { maxLength: 25 }),
        fc.array(someRequest, { minLength: 1 }),
        (routes, requests) => {
          const named = routes.map((matches, i) => route(`r${i}`, ...matches));
          const table = buildTable(named);
          for (const request of requests) {
            const { method, host, lines, path, query } = request;
            const found = table.match(method, host, lines, path, query);
            expect(found === null ? null : [found.index, found.matchIndex]).toEqual(scan(named, request));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

const route = (id: string, ...matches: readonly Partial<Match>[]): Route => aRoute(id, matches);

const idOf = (matched: { readonly route: Route } | null): string | undefined => matched?.route.id;

const segment = fc.constantFrom('a', 'b', 'a.b', 'v1', '7');
const patternSegment = fc.oneof(segment, fc.constantFrom('*', ':', ':{[0-9]+}', 'v:', ':.b', 'v:{[0-9]}'));
const somePattern = fc
  .tuple(fc.array(patternSegment, { maxLength: 4 }), fc.constantFrom('', '/', '/*'))
  .map(([segments, end]) => {
    const path = segments.map((text, i) => `/${text.replace(':', `:p${i}`)}`).join('');
    return path + end || '/';
  });
const condition = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2', '*'));
const conditions = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(condition, { maxLength: 3 }));
const someRoute = fc.array(
  fc.record({
    methods: fc.option(fc.uniqueArray(fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD'), { minLength: 1 })),
    path: somePattern,
    host: fc.option(fc.constantFrom('x.test', 'a.x.test', '*.x.test', '*.test')),
    headers: conditions,
    query: conditions,
  }),
  { minLength: 1, maxLength: 3 },
);
const someRequest = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'PUT'),
  host: fc.option(fc.constantFrom('x.test', 'A.x.test:80', 'b.a.x.test', 'test')),
  lines: fc
    .array(
      fc.oneof(
        fc.tuple(fc.constantFrom('a', 'B', 'c'), fc.constantFrom('1', '2', '')),
        fc.constantFrom(['Origin', 'o'] as const, ['Access-Control-Request-Method', 'POST'] as const),
      ),
      { maxLength: 6 },
    )
    .map((lines) => lines.flat()),
  path: fc
    .tuple(fc.array(segment, { maxLength: 5 }), fc.constantFrom('', '/'))
    .map(([segments, end]) => (segments.length === 0 ? '/' : `/${segments.join('/')}${end}`)),
  query: fc.option(
    fc.array(fc.constantFrom('a=1', 'a=2', 'b=1', 'b', 'c=1'), { maxLength: 3 }).map((pairs) => pairs.join('&')),
  ),
});
type SomeRequest = typeof someRequest extends fc.Arbitrary<infer T> ? T : never;

/** The same question answered the slow and obvious way, with none of the code under test. */
function scan(routes: readonly Route[], request: SomeRequest): [number, number] | null {
  for (const [index, { matches }] of routes.entries()) {
    const matchIndex = matches.findIndex((match) => holds(match, request));
    if (matchIndex !== -1) return [index, matchIndex];
  }
  return null;
}

function holds(match: Match, { method, host, lines, path, query }: SomeRequest): boolean {
  const pairs: [string, string][] = [];
  for (let i = 0; i < lines.length; i += 2) pairs.push([lines[i]!.toLowerCase(), lines[i + 1]!]);
  const valuesOf = (name: string) => pairs.filter(([n]) => n === name).map(([, value]) => value);
  const asked = method === 'OPTIONS' && valuesOf('origin').length > 0 ? valuesOf('access-control-request-method') : [];
  const methods = [method, ...asked.slice(0, 1)];
  const named = match.methods?.includes('GET') ? [...match.methods, 'HEAD'] : match.methods;
  const bare = host?.toLowerCase().replace(/:\d+$/, '') ?? null;
  const parameters = new URLSearchParams(query ?? '');
  return (
    (named === null || named.some((each) => methods.includes(each))) &&
    (match.host === null ||
      (bare !== null && (match.host.startsWith('*.') ? bare.endsWith(match.host.slice(1)) : bare === match.host))) &&
    match.headers.every(([name, value]) => valuesOf(name).some((each) => value === '*' || each === value)) &&
    match.query.every(([name, value]) => parameters.getAll(name).some((each) => value === '*' || each === value)) &&
    asRegExp(match.path).test(path)
  );
}

function asRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/\/\*$/, '')
    .replaceAll('.', '\\.')
    .replaceAll('*', '[^/]+')
    .replace(/:p\d+\{(.*?)\}/g, '(?:$1)')
    .replace(/:p\d+/g, '[^/]+');
  return new RegExp(`^${source}${pattern.endsWith('/*') ? '(?:/.*)?' : ''}$`);
}
