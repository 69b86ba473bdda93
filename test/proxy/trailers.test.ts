import { describe, expect, test } from 'vitest';
import { keptTrailers } from '../../src/proxy/request-body.ts';
import { front, message } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';

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

test.each(['X-Who', 'x_who', 'X-WHO'])(
  'the override header in a trailer, as %s, never reaches a target',
  async (name) => {
    const { port, legacy } = await front({ override: { header: 'x-who', secret: 's3cret' } });
    const head = message('POST', '/a', ['Transfer-Encoding: chunked', 'Trailer: X-Sum'], '');

    await answerTo(port, `${head}0\r\n${name}: legacy; secret=s3cret\r\nX-Sum: 1\r\n\r\n`);

    const exchange = await legacy.exchange(0);
    await exchange.body();
    expect(exchange.trailers).toEqual(['X-Sum: 1']);
  },
);
