import { describe, expect, it } from 'vitest';
import { problemsOf, settingsOf } from './reading.ts';

/** A file whose service `orders` has these keys, from line 5 on. */
const orders = (...keys: readonly string[]): string =>
  [
    'version: 1',
    'legacy: { url: http://127.0.0.1:3000 }',
    'services:',
    '  orders:',
    ...keys.map((key) => `    ${key}`),
    'routes: []',
    '',
  ].join('\n');

const one = 'url: http://127.0.0.1:4001';

describe('where instances are found', () => {
  it('may be a file, which then takes the place of the URLs', () => {
    const [service] = settingsOf(orders('discover: { file: lists/orders.txt }')).services;
    expect(service).toMatchObject({ urls: [], discovery: { kind: 'file', path: '/etc/strangler/lists/orders.txt' } });
  });

  it.each(['url: http://127.0.0.1:1', 'urls: [http://127.0.0.1:1]'])('is not a file and %s too', (key) => {
    const name = key.slice(0, key.indexOf(':'));
    expect(problemsOf(orders('discover: { file: a.txt }', key))).toEqual([
      `6:5  "${name}" and "discover.file" exclude each other`,
    ]);
  });

  it.each(['discover: dns', 'discover: static', 'balance: least-pending'])('is the URLs, with %s too', (key) => {
    expect(problemsOf(orders(key))).toEqual(['5:5  "orders" needs "url" or "urls"']);
  });

  it('is not asked for in a second place, where the discovery is wrong', () => {
    expect(problemsOf(orders('discover: { path: a.txt }')).join()).not.toContain('needs');
  });

  it('is nothing that DNS could tell where no URL has a name, which is a warning', () => {
    const warning = 'warning: there is no name to resolve: every URL has an address';
    expect(problemsOf(orders(one, 'discover: dns'))).toEqual([`6:15  ${warning}`]);
    expect(problemsOf(orders('urls: ["http://[::1]:1", http://orders:1]', 'discover: dns'))).toEqual([]);
  });
});

describe('a health check', () => {
  it.each(['/', '/healthz', '/health?full=1', '/%C3%A4'])('may be of %s', (path) => {
    expect(problemsOf(orders(one, `health: { path: "${path}" }`))).toEqual([]);
  });

  it.each(['healthz', 'http://a/healthz', '/health#x', '/a b', '/ä'])('is not of %s', (path) => {
    expect(problemsOf(orders(one, `health: { path: "${path}" }`))).toEqual([
      `6:21  must begin with / and be a path as it is sent, not ${JSON.stringify(path)}`,
    ]);
  });
});

it('takes balance, slow start and ejection for a single instance without a word', () => {
  expect(problemsOf(orders(one, 'balance: least-pending', 'slowStart: 10s', 'ejection: { failures: 1 }'))).toEqual([]);
});
