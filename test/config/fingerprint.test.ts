import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsOf, withRoutes } from './reading.ts';

/** A route's keys, by name; the shadow's as a map of its own. */
type Keys = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

const route: Keys = {
  id: 'a',
  match: "['GET /a/:id', { path: /b, methods: [POST, GET], headers: { x-a: '1', x-b: '2' } }]",
  service: 'orders',
  rewrite: '/o',
  percent: '0',
  shadow: {
    percent: '50',
    methods: '[GET, POST]',
    writes: '{ readback: { get: /b, within: 5s } }',
    ignore: "[$.at, 'header:etag']",
    tolerance: '{ $.total: 0.01, $.rate: 1% }',
    unordered: '[$.tags, { $.items: sku }]',
    normalize: "{ $.b: ['s#a#b#', 's#c#d#'], $.a: 's#x##' }",
    headers: '[etag, vary]',
  },
};

function fingerprint(keys: Keys, inFlow = false): string {
  const lines = Object.entries(keys).flatMap(([key, value]) => {
    if (typeof value === 'string') return [`${key}: ${value}`];
    const inner = Object.entries(value).map(([name, written]) => `${name}: ${written}`);
    return inFlow ? [`${key}: { ${inner.join(', ')} }`] : [`${key}:`, ...inner.map((line) => `  ${line}`)];
  });
  const written = inFlow ? [`  - { ${lines.join(', ')} }`] : ['  -', ...lines.map((line) => `    ${line}`)];
  return settingsOf(withRoutes(...written)).routes[0]!.fingerprint;
}

const withShadow = (keys: Readonly<Record<string, string>>): Keys => ({
  ...route,
  shadow: { ...(route.shadow as Readonly<Record<string, string>>), ...keys },
});

describe('the fingerprint of a route', () => {
  it('is twelve hexadecimal digits, and the same in every process and version', () => {
    expect(fingerprint({ id: 'a', match: 'GET /a', service: 'orders' })).toBe('8e1b0dbb33bd');
  });

  it('does not depend on the order of keys, nor on how the file is laid out', () => {
    const order = <T extends string>(names: readonly T[]) =>
      fc.shuffledSubarray([...names], { minLength: names.length });
    const shadow = route.shadow as Readonly<Record<string, string>>;
    fc.assert(
      fc.property(order(Object.keys(route)), order(Object.keys(shadow)), fc.boolean(), (keys, inner, inFlow) => {
        const shuffled = Object.fromEntries(
          keys.map((key): [string, Keys[string]] => [
            key,
            key === 'shadow' ? Object.fromEntries(inner.map((name) => [name, shadow[name]!])) : route[key]!,
          ]),
        );
        expect(fingerprint(shuffled, inFlow)).toBe(fingerprint(route));
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, Keys]>([
    [
      'the order of matches, methods and headers',
      {
        ...route,
        match: "[{ headers: { x-b: '2', x-a: '1' }, methods: [GET, POST], path: /b }, GET /a/:id]",
      },
    ],
    ['the percent', { ...route, percent: '75' }],
    ['the group', { ...route, group: 'g' }],
    ['the fallback', { ...route, fallback: 'none' }],
    ["the shadow's percent", withShadow({ percent: '1' })],
    [
      'noise, second looks, timeouts and sizes',
      withShadow({ noise: '10', confirm: '2s', timeout: '1s', body: '1KiB' }),
    ],
    ['how long a readback may take', withShadow({ writes: '{ readback: { within: 9s, get: /b } }' })],
    ['the order of rules', withShadow({ ignore: '[header:etag, $.at]', headers: '[vary, etag]' })],
    [
      'the order of rules by place',
      withShadow({ tolerance: '{ $.rate: 1%, $.total: 0.01 }', unordered: '[{ $.items: sku }, $.tags]' }),
    ],
    ['saying a rule twice', withShadow({ ignore: '[$.at, header:etag, $.at]' })],
  ])('does not depend on %s', (_, keys) => {
    expect(fingerprint(keys)).toBe(fingerprint(route));
  });

  it.each<[string, Keys]>([
    ['a match', { ...route, match: 'GET /a/:id' }],
    ['the service', { ...route, service: 'stock' }],
    ['the rewrite', { ...route, rewrite: '/p' }],
    ['what is done with writes', withShadow({ writes: 'header' })],
    ['what is read back', withShadow({ writes: '{ readback: { get: /c } }' })],
    ['what is ignored', withShadow({ ignore: '[$.at]' })],
    ['a tolerance', withShadow({ tolerance: '{ $.total: 0.02, $.rate: 1% }' })],
    ['the kind of a tolerance', withShadow({ tolerance: '{ $.total: 0.01%, $.rate: 1% }' })],
    ['a set', withShadow({ unordered: '[$.tags, { $.items: id }]' })],
    [
      'the order of normalizations at one place',
      withShadow({ normalize: "{ $.b: ['s#c#d#', 's#a#b#'], $.a: 's#x##' }" }),
    ],
    ['the headers', withShadow({ headers: '[etag]' })],
  ])('changes with %s', (_, keys) => {
    expect(fingerprint(keys)).not.toBe(fingerprint(route));
  });
});
