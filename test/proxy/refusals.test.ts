import { describe, expect, test } from 'vitest';
import { front } from '../support/front.ts';
import { RawCaller } from '../support/raw-caller.ts';

const host = 'Host: shop.example\r\n';

interface Refusal {
  readonly title: string;
  readonly request: string;
  readonly status: number;
  readonly code: string;
}

function refusal(title: string, request: string, status: number, code: string): Refusal {
  return { title, request, status, code };
}

const get = (...lines: string[]) => `GET /a HTTP/1.1\r\n${host}${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const post = (...lines: string[]) => get(...lines).replace('GET', 'POST');

const refusals: readonly Refusal[] = [
  refusal('no Host in HTTP/1.1', 'GET /a HTTP/1.1\r\n\r\n', 400, 'bad-host'),
  refusal('no Host beside an absolute target', 'GET http://a.example/ HTTP/1.1\r\n\r\n', 400, 'bad-host'),
  refusal('an empty Host', 'GET /a HTTP/1.1\r\nHost:\r\n\r\n', 400, 'bad-host'),
  refusal('two Hosts', get('Host: other.example'), 400, 'bad-host'),
  refusal('the same Host twice', get('host: shop.example'), 400, 'bad-host'),
  ...[
    'a b',
    'a,b',
    'user@a',
    'a/x',
    'a/x y',
    'a?x',
    'a#x',
    'a\\b',
    '[::1',
    '[::g]',
    '[]',
    '[:]',
    'a:80:80',
    'a:b',
    'a:99999',
    '%zz',
  ].map((value) => refusal(`Host: ${value}`, `GET /a HTTP/1.1\r\nHost: ${value}\r\n\r\n`, 400, 'bad-host')),
  refusal(
    'an invalid Host beside an absolute target',
    'GET http://a.example/ HTTP/1.1\r\nHost: a b\r\n\r\n',
    400,
    'bad-host',
  ),
  refusal('an authority with user information', `GET http://me@a.example/ HTTP/1.1\r\n${host}\r\n`, 400, 'bad-host'),
  refusal('an absolute target without authority', `GET http:///a HTTP/1.1\r\n${host}\r\n`, 400, 'bad-host'),
  refusal('another scheme', `GET ftp://a.example/ HTTP/1.1\r\n${host}\r\n`, 400, 'bad-target'),
  refusal('GET *', `GET * HTTP/1.1\r\n${host}\r\n`, 400, 'bad-target'),
  refusal('a relative target', `GET a/b HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a fragment', `GET /a#b HTTP/1.1\r\n${host}\r\n`, 400, 'bad-target'),
  refusal('a space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a tab in the target', `GET /a\tb HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a control in the target', `GET /a\x01b HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('DEL in the target', `GET /a\x7fb HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a byte beyond ASCII in the target', `GET /caf\xe9 HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('NUL in the target', `GET /a\0b HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('HTTP/0.9', 'GET /a\r\n\r\n', 505, 'version-refused'),
  refusal('HTTP/2.0', `GET /a HTTP/2.0\r\n${host}\r\n`, 505, 'version-refused'),
  refusal('HTTP/1.2', `GET /a HTTP/1.2\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('TRACE', `TRACE /a HTTP/1.1\r\n${host}\r\n`, 405, 'method-refused'),
  refusal('CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', 405, 'method-refused'),
  refusal('a method that is none', `GE(T /a HTTP/1.1\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a folded field', get('X-A: one', ' two'), 400, 'bad-request'),
  refusal('a folded first field', `GET /a HTTP/1.1\r\n X-A: one\r\n${host}\r\n`, 400, 'bad-request'),
  refusal('a space before the colon', get('X-A : one'), 400, 'bad-request'),
  refusal('a field without a colon', get('X-A'), 400, 'bad-request'),
  refusal('a field without a name', get(': one'), 400, 'bad-request'),
  refusal('a name with a delimiter', get('X(A: one'), 400, 'bad-request'),
  refusal('NUL in a value', get('X-A: o\0e'), 400, 'bad-request'),
  refusal('a control in a value', get('X-A: o\x01e'), 400, 'bad-request'),
  refusal('DEL in a value', get('X-A: o\x7fe'), 400, 'bad-request'),
  refusal('a bare CR in a value', get('X-A: o\re'), 400, 'bad-request'),
  refusal('a bare LF after a field', `GET /a HTTP/1.1\r\n${host}X-A: one\nX-B: two\r\n\r\n`, 400, 'bad-request'),
  refusal('bare LFs throughout', 'GET /a HTTP/1.1\nHost: shop.example\n\n', 400, 'bad-request'),
  ...['0x5', '0_5', '5 0', '5.0', '+5', '-5', '', '5,5', '5, 6', 'five', '9'.repeat(30), '99999999999999999'].map(
    (length) => refusal(`Content-Length: ${length}`, `${post(`Content-Length: ${length}`)}hello`, 400, 'bad-framing'),
  ),
  refusal('two lengths', `${post('Content-Length: 5', 'Content-Length: 6')}hello`, 400, 'bad-framing'),
  refusal('the same length twice', `${post('Content-Length: 5', 'Content-Length: 5')}hello`, 400, 'bad-framing'),
  refusal(
    'a length beside chunked',
    `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'bad-framing',
  ),
  refusal(
    'chunked beside a length',
    `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
    400,
    'bad-framing',
  ),
  refusal('chunked twice', `${post('Transfer-Encoding: chunked, chunked')}0\r\n\r\n`, 400, 'bad-framing'),
  refusal(
    'two chunked lines',
    `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'bad-framing',
  ),
  ...[
    'xchunked',
    'chunked, identity',
    'chunked, gzip',
    'identity',
    '',
    ',chunked',
    'chunked,',
    '"chunked"',
    'chunked;x=1',
  ].map((coding) =>
    refusal(`Transfer-Encoding: ${coding}`, `${post(`Transfer-Encoding: ${coding}`)}0\r\n\r\n`, 400, 'bad-framing'),
  ),
  refusal('a coding before chunked', `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, 501, 'coding-refused'),
  refusal(
    'chunked in HTTP/1.0',
    `POST /a HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'bad-framing',
  ),
  refusal('an unknown expectation', `${post('Expect: 200-ok', 'Content-Length: 1')}a`, 417, 'expectation-failed'),
];

describe('what two servers could read in two ways', () => {
  test.each(refusals)('is refused: $title', async ({ request, status, code }) => {
    const { port, legacy, proxy } = await front({ accessLog: true });
    const caller = await RawCaller.connect(port);
    caller.send(request);

    const answer = await caller.answer();

    expect({ status: answer?.status, code: answer?.get('x-strangler-error') }).toEqual({ status, code });
    expect(answer?.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(answer!.text)).toMatchObject({ status, code });
    expect(answer?.get('connection')).toBe('close');
    expect(await caller.closed).toBe('ended');
    expect(legacy.exchanges).toEqual([]);
    expect(proxy.counts).toMatchObject({ started: 0, refused: [code] });
    expect(proxy.lines).toMatchObject([{ status, route: '-', target: '-', bytes: answer!.text.length }]);
    caller.destroy();
  });
});

describe('a refusal', () => {
  test('is logged with as much of the request as was understood', async () => {
    const { port, proxy } = await front({ accessLog: true });
    const long = `/${'a'.repeat(9_000)}?secret`;
    for (const request of [
      `DELETE /a?secret HTTP/1.1\r\n\r\n`,
      `GET ${long} HTTP/1.1\r\n${host}\r\n`,
      'no HTTP\r\n\r\n',
    ]) {
      const caller = await RawCaller.connect(port);
      caller.send(request);
      await caller.closed;
      caller.destroy();
    }

    expect(proxy.counts.refused).toEqual(['bad-host', 'path-too-long', 'bad-request']);
    expect(proxy.lines).toMatchObject([
      { method: 'DELETE', path: '/a', status: 400 },
      { method: 'GET', path: long.slice(0, 8_192), status: 414 },
      { method: '-', path: '-', status: 400 },
    ]);
  });

  test('writes no line where the settings want none', async () => {
    const { port, proxy } = await front();
    const caller = await RawCaller.connect(port);
    caller.send(get('Host: other.example'));
    await caller.closed;

    expect(proxy.counts.refused).toEqual(['bad-host']);
    expect(proxy.lines).toEqual([]);
    caller.destroy();
  });

  test('to HEAD has no body', async () => {
    const { port } = await front();
    const caller = await RawCaller.connect(port);
    caller.send('HEAD /a HTTP/1.1\r\n\r\n');

    const answer = await caller.answer('HEAD');

    expect(answer?.status).toBe(400);
    await caller.closed;
    expect(caller.unread).toBe('');
    caller.destroy();
  });

  test('waits for the answers to the requests before it, and nothing after it is done', async () => {
    const { port, legacy } = await front();
    const caller = await RawCaller.connect(port);
    caller.send(`${get().replace('/a', '/first')}${get('Transfer-Encoding: x')}${get().replace('/a', '/never')}`);

    expect((await caller.answer())?.text).toBe('ok');
    expect((await caller.answer())?.status).toBe(400);
    expect(await caller.closed).toBe('ended');

    expect(legacy.exchanges.map(({ target }) => target)).toEqual(['/first']);
    caller.destroy();
  });

  test('of bytes that are no HTTP waits for every answer before it, the proxy’s own too', async () => {
    const { port, legacy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(get());
    const first = await legacy.exchange(0);

    caller.send(`OPTIONS /a HTTP/1.1\r\n${host}Max-Forwards: 0\r\n\r\n\x16\x03\x01 no HTTP\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    first.reply(200, 'first');

    expect((await caller.answer())?.text).toBe('first');
    expect((await caller.answer('OPTIONS'))?.status).toBe(200);
    expect((await caller.answer())?.status).toBe(400);
    caller.destroy();
  });

  test('reaches a caller that is still sending', async () => {
    const { port } = await front();
    const caller = await RawCaller.connect(port);
    caller.send(post('Content-Length: 5', 'Content-Length: 6'));
    caller.send(Buffer.alloc(1024 * 1024));

    expect((await caller.answer('POST'))?.status).toBe(400);
    expect(await caller.closed).toBe('ended');
    caller.destroy();
  });
});
