import { describe, expect, test } from 'vitest';
import { keptTrailers } from '../../src/proxy/request-body.ts';

describe('trailers that are handed on', () => {
  test('are the very same list where there are none', () => {
    const none: string[] = [];
    expect(keptTrailers(none)).toBe(none);
  });

  test('keep their order, case and repetitions', () => {
    const trailers = ['X-Sum', '1', 'Server-Timing', 'db;dur=5', 'x-sum', '2', 'Digest', 'sha=='];
    expect(keptTrailers(trailers)).toEqual(trailers);
  });

  test.each([
    'Transfer-Encoding',
    'content-length',
    'Host',
    'Connection',
    'Trailer',
    'TE',
    'Upgrade',
    'Keep-Alive',
    'Expect',
    'Max-Forwards',
    'Cache-Control',
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Set-Cookie',
    'Content-Type',
    'Content-Encoding',
    'Content-Range',
    'Content-Location',
    'Location',
    'Range',
    'If-None-Match',
    'Date',
    'Vary',
    'Via',
    'Forwarded',
    'X-Forwarded-For',
    'x_forwarded_for',
    'X-Real-IP',
    'X-Strangler-Target',
  ])('never are %s', (name) => {
    expect(keptTrailers([name, 'x', 'X-Sum', '1', name.toUpperCase(), 'y'])).toEqual(['X-Sum', '1']);
  });
});
