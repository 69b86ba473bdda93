import { describe, expect, test } from 'vitest';
import { claimedOrigin, hopAddress, translatedHops } from '../../src/domain/forwarded.ts';

test('the first hop carries what the caller asked for', () => {
  const chain = { hops: '203.0.113.7, 10.0.0.2, ', host: 'shop.example', proto: 'https' };
  expect(translatedHops(chain)).toBe('for=203.0.113.7;host="shop.example";proto=https, for=10.0.0.2, ');
});

test('IPv6 is quoted and bracketed', () => {
  expect(translatedHops({ hops: '2001:db8::7', host: '', proto: '' })).toBe('for="[2001:db8::7]", ');
});

test.each(['a"b', '1.2.3.4;by=x', '_hidden', 'dead:beef'])('what is no address is unknown: %s', (hop) => {
  expect(translatedHops({ hops: hop, host: '', proto: '' })).toBe('for=unknown, ');
});

test.each(['203.0.113.7:4711', '[2001:db8::7]:4711'])('a port is kept: %s', (hop) => {
  expect(translatedHops({ hops: hop, host: '', proto: '' })).toBe(`for="${hop}", `);
});

test('a balancer that tells the scheme alone is heard', () => {
  expect(translatedHops({ hops: '', host: '', proto: 'https' })).toBe('for=unknown;proto=https, ');
});

test('nothing said, nothing added', () => {
  expect(translatedHops({ hops: ' , ', host: '', proto: '' })).toBe('');
});

test('a host or scheme that would break out of its place is left out', () => {
  expect(translatedHops({ hops: '1.2.3.4', host: 'a";proto=evil', proto: 'http;for=x' })).toBe('for=1.2.3.4, ');
});

test('brackets are not doubled, and IPv4 is told as IPv4', () => {
  expect(translatedHops({ hops: '[2001:db8::7], ::ffff:1.2.3.4', host: '', proto: '' })).toBe(
    'for="[2001:db8::7]", for=1.2.3.4, ',
  );
});

describe('the address of a hop', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    [' 1.2.3.4:5555 ', '1.2.3.4'],
    ['[::1]:80', '::1'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['[::ffff:1.2.3.4]:80', '1.2.3.4'],
    ['unknown', null],
    ['_hidden:80', null],
    ['[::1]80', null],
    ['1.2.3.4:', null],
    ['1.2.3.4:http', null],
    ['', null],
  ])('%j is %j', (hop, address) => {
    expect(hopAddress(hop)).toBe(address);
  });
});

describe('what a balancer says it was asked for', () => {
  test.each([
    [['X-Forwarded-Proto', 'https', 'x-forwarded-host', 'shop.example:8443'], 'https', 'shop.example:8443'],
    [['X-Forwarded-Proto', 'https, http', 'X-Forwarded-Host', 'shop.example, inner'], 'https', 'shop.example'],
    [['X-Forwarded-Proto', 'https', 'X-Forwarded-Proto', 'http'], 'https', ''],
    [['X-Forwarded-Proto', 'https;', 'X-Forwarded-Host', 'a/b'], '', ''],
    [['Host', 'inner'], '', ''],
  ])('by %j is %j, %j', (rawHeaders, proto, host) => {
    expect(claimedOrigin(rawHeaders)).toEqual({ proto, host });
  });
});
