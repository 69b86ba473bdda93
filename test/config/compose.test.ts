import { describe, expect, it } from 'vitest';
import { problemsOf, settingsOf, withRoutes } from './reading.ts';

const composed = (...lines: string[]) =>
  withRoutes('  - match: GET /details/:id', ...lines.map((line) => `    ${line}`));

describe('a composed route', () => {
  it('has its id for a service and a group, and its parts with every default', () => {
    const [route] = settingsOf(
      composed(
        'id: details',
        'compose:',
        '  order: { service: orders, path: /orders/:id, required: true }',
        '  stock: { service: stock, path: /stock, query: { of: path:id, n: query:n, t: header:X-T, s: all }, timeout: 300ms, spread: true, limit: 2KiB }',
      ),
    ).routes;
    expect(route).toMatchObject({ id: 'details', service: 'details', group: 'details', rewrite: null, percent: 100 });
    expect(route!.compose).toEqual([
      {
        name: 'order',
        service: 'orders',
        path: '/orders/:id',
        query: [],
        required: true,
        spread: false,
        timeout: 2_000,
        limit: 1_048_576,
      },
      {
        name: 'stock',
        service: 'stock',
        path: '/stock',
        query: [
          ['of', { from: 'path', name: 'id' }],
          ['n', { from: 'query', name: 'n' }],
          ['t', { from: 'header', name: 'x-t' }],
          ['s', { from: 'text', text: 'all' }],
        ],
        required: false,
        spread: true,
        timeout: 300,
        limit: 2_048,
      },
    ]);
  });

  it('gives a part the time that its service has, where that is less than two seconds', () => {
    const text = composed('compose: { a: { service: orders, path: /a, required: true } }');
    const timeoutOf = (timeout: string) =>
      settingsOf(text.replace('writes: shared', `writes: shared, timeout: { response: ${timeout} }`)).routes[0]!
        .compose![0]!.timeout;
    expect(['300ms', '5s', '0'].map(timeoutOf)).toEqual([300, 2_000, 2_000]);
  });

  it('begins its evidence anew where its parts change, but not where their patience does', () => {
    const of = (part: string) =>
      settingsOf(composed(`compose: { a: { service: orders, required: true, ${part} } }`)).routes[0]!.fingerprint;
    const one = of('path: /a');
    expect(of('path: /a, timeout: 1s, limit: 1KiB')).toBe(one);
    const others = ['path: /b', 'path: /a, spread: true', 'path: /a, query: { x: y }'].map(of);
    expect(new Set([one, ...others]).size).toBe(4);
  });

  it.each([
    [
      ['service: orders', 'compose: { a: { service: orders, path: /a, required: true } }'],
      '8:5  a composed answer has no "service" of its own: each part names its service and its path',
    ],
    [
      ['rewrite: /b', 'compose: { a: { service: orders, path: /a, required: true } }'],
      '8:5  a composed answer has no "rewrite" of its own: each part names its service and its path',
    ],
    [['compose: {}'], '8:14  "compose" needs at least one part'],
    [['compose: 5'], '8:14  "compose" must be a map, not 5'],
    [
      ['compose: { a: { service: oders, path: /a, required: true } }'],
      '8:30  unknown service "oders" (did you mean "orders"?)',
    ],
    [
      ['compose: { a: { service: legacy, path: /a, required: true } }'],
      '8:30  "legacy" is not a service: its own answer is what the parts stand for',
    ],
    [['compose: { a: { path: /a, required: true } }'], '8:19  "service" is missing'],
    [['compose: { a: { service: orders, required: true } }'], '8:19  "path" is missing'],
    [
      ['compose: { a: { service: orders, path: /a/:ix, required: true } }'],
      '8:44  ":ix" is not in the path "/details/:id" (did you mean "id"?)',
    ],
    [
      ['compose: { a: { service: orders, path: /a, query: { x: path:ix }, required: true } }'],
      '8:60  ":ix" is not in the path "/details/:id" (did you mean "id"?)',
    ],
    [
      ['compose: { a: { service: orders, path: /a, query: { x: "header:a b" }, required: true } }'],
      '8:60  "a b" is not the name of a header',
    ],
    [
      ['compose: { a: { service: orders, path: /a, requird: true, required: true } }'],
      '8:48  unknown key "requird" (did you mean "required"?)',
    ],
    [
      ['compose: { 7: { service: orders, path: /a, required: true } }'],
      '8:16  "7" is not the name of a part: a letter, then letters, digits, "_" and "-", at most 100',
    ],
    [
      ['compose: { _partial: { service: orders, path: /a, required: true } }'],
      '8:16  "_partial" is not the name of a part: a letter, then letters, digits, "_" and "-", at most 100',
    ],
    [
      ['compose: { a: { service: orders, path: /a, required: true, limit: 1GiB } }'],
      '8:71  "limit" must be at most 16MiB, not "1GiB"',
    ],
    [
      ['compose: { a: { service: orders, path: /a } }'],
      '8:5  warning: no part is required: where all of them fail, the answer is an empty one that says so',
    ],
    [
      [
        'percent: 0',
        'shadow: { percent: 1, writes: header, methods: [GET, POST] }',
        'compose: { a: { service: orders, path: /a, required: true } }',
      ],
      '9:27  a composed route takes no writes that could be copied',
    ],
  ])('%j', (lines, said) => {
    expect(problemsOf(composed(...lines))).toContain(said);
  });

  it.each([
    ['/details/:id', '8:12  only a GET can be composed: "match" names the method, as in GET /path'],
    ['GET,POST /details/:id', '8:12  only a GET can be composed, not POST'],
    ['[GET /a, DELETE /b]', '8:12  only a GET can be composed, not DELETE'],
  ])('takes no other method: %s', (match, said) => {
    const problems = problemsOf(
      withRoutes(
        '  - id: x',
        `    match: ${match}`,
        '    compose: { a: { service: orders, path: /a, required: true } }',
      ),
    );
    expect(problems).toEqual([said]);
  });

  it('has parts whose circuits go by names that no route has', () => {
    const problems = problemsOf(
      withRoutes(
        '  - { id: d, match: GET /a, compose: { a: { service: orders, path: /a, required: true } } }',
        '  - { id: d.a, match: GET /b, service: orders }',
      ),
    );
    expect(problems).toEqual(['7:40  "d.a" is also the id of a route']);
  });
});
