import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytewise, cutAt, type Expecting, type Reading, read } from './record.ts';
import { anyResponse, type ResponseModel } from './response-model.ts';

const flat = (fields: readonly (readonly [string, string])[]) => fields.flat();
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function expecting({ method, framing }: ResponseModel): Expecting {
  return { method, closes: framing === 'close' };
}

describe('any valid response', () => {
  test('is read as what it was made of', () => {
    fc.assert(
      fc.property(anyResponse, (model) => {
        const reading = read([model.bytes], expecting(model));

        expect(reading.refused).toBeNull();
        expect(reading.interims.map(({ status, reason, headers }) => ({ status, reason, headers }))).toEqual(
          model.interims.map(({ status, reason, headers }) => ({ status, reason, headers: flat(headers) })),
        );
        expect(reading.head).toMatchObject({
          status: model.head.status,
          reason: model.head.reason,
          hasBody: model.framing !== 'none',
        });
        expect(reading.head?.headers.slice(0, model.head.headers.length * 2)).toEqual(flat(model.head.headers));
        expect(reading.body).toBe(model.body);
        expect(reading.trailers).toEqual(flat(model.trailers));
        expect(reading.reusable).toBe(model.framing !== 'close');
        expect(reading.surplus).toBe('');
      }),
      { numRuns: 500 },
    );
  });

  test('is read the same wherever it is cut', () => {
    fc.assert(
      fc.property(anyResponse, (model) => {
        const whole = read([model.bytes], expecting(model));
        for (let place = 1; place < model.bytes.length; place++) {
          expect(read(cutAt(model.bytes, [place]), expecting(model))).toEqual(whole);
        }
        expect(read(bytewise(model.bytes), expecting(model))).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  test('is read the same however often it is cut', () => {
    fc.assert(
      fc.property(anyResponse, fc.array(fc.nat(400), { maxLength: 12 }), (model, places) => {
        const whole = read([model.bytes], expecting(model));
        expect(read(cutAt(model.bytes, places), expecting(model))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('gives back the bytes behind it', () => {
    fc.assert(
      fc.property(anyResponse, fc.nat(400), (model, place) => {
        fc.pre(model.framing !== 'close');
        const followed = Buffer.concat([model.bytes, latin1('HTTP/1.1 200 OK\r\n')]);

        const reading = read(cutAt(followed, [place]), expecting(model));

        expect(reading).toEqual({ ...read([model.bytes], expecting(model)), surplus: 'HTTP/1.1 200 OK\r\n' });
      }),
    );
  });

  test('cut short is never taken for a whole one', () => {
    fc.assert(
      fc.property(anyResponse, fc.nat(400), (model, place) => {
        fc.pre(model.framing !== 'close' && place < model.bytes.length);

        const reading = read([model.bytes.subarray(0, place)], { method: model.method, closes: true });

        expect(reading.finished).toBe(false);
        expect(reading.trailers).toBeNull();
      }),
    );
  });
});

describe('bytes that a fault has changed', () => {
  const change = fc.record({
    at: fc.nat(400),
    kind: fc.constantFrom('replace', 'insert', 'remove', 'repeat'),
    bytes: fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\0',
      ':',
      ' ',
      '\t',
      ';',
      '0',
      'f',
      '-',
      '\xff',
      '\r\n\r\n',
      'HTTP/1.1 ',
    ),
  });

  function changed(bytes: Buffer, { at, kind, bytes: inserted }: { at: number; kind: string; bytes: string }): Buffer {
    const place = at % bytes.length;
    const before = bytes.subarray(0, place);
    switch (kind) {
      case 'replace':
        return Buffer.concat([before, latin1(inserted), bytes.subarray(place + inserted.length)]);
      case 'insert':
        return Buffer.concat([before, latin1(inserted), bytes.subarray(place)]);
      case 'remove':
        return Buffer.concat([before, bytes.subarray(place + 1)]);
      default:
        return Buffer.concat([before, bytes.subarray(place / 2, place), bytes.subarray(place)]);
    }
  }

  /** A head refused early has told nothing; where a refusal comes is all that a cut may change. */
  const comparable = (reading: Reading) =>
    reading.refused === null ? reading : { interims: reading.interims, head: reading.head, refused: true };

  test('are refused, or read the same wherever they are cut; nothing else is thrown', () => {
    fc.assert(
      fc.property(
        anyResponse,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (model, changes, places) => {
          const bytes = changes.reduce(changed, model.bytes);
          const whole = comparable(read([bytes], { method: model.method, closes: true }));

          expect(comparable(read(cutAt(bytes, places), { method: model.method, closes: true }))).toEqual(whole);
          expect(comparable(read(bytewise(bytes), { method: model.method, closes: true }))).toEqual(whole);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('of any kind at all are refused or read, and never waited on without end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reading = read(bytewise(Buffer.from(bytes)), { closes: true, limit: 128 });
        expect(reading.head === null || reading.refused !== null || reading.finished !== null).toBe(true);
        expect(read([Buffer.from(bytes)], { closes: true, limit: 128 }).head).toEqual(reading.head);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is not valid is refused', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  const chunkedHead = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['HTTP/0.9', '<html>\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['a lower-case version', 'http/1.1 200 OK\r\n\r\n'],
    ['an empty line before the status line', `\r\n${ok}\r\n`],
    ['a tab in the status line', 'HTTP/1.1\t200 OK\r\n\r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n'],
    ['a bare LF after the status line', 'HTTP/1.1 200 OK\nX-A: 1\r\n\r\n'],
    ['bare LFs throughout', 'HTTP/1.1 200 OK\nX-A: 1\n\n'],
    ['a folded field', `${ok}X-A: 1\r\n 2\r\n\r\n`],
    ['a folded first field', `${ok} X-A: 1\r\n\r\n`],
    ['a space before the colon', `${ok}X-A : 1\r\n\r\n`],
    ['a field without a colon', `${ok}X-A\r\n\r\n`],
    ['a field without a name', `${ok}: 1\r\n\r\n`],
    ['a name with a delimiter', `${ok}X(A): 1\r\n\r\n`],
    ['a name beyond ASCII', `${ok}X-\xe9: 1\r\n\r\n`],
    ['a NUL in a value', `${ok}X-A: \0\r\n\r\n`],
    ['a control in a value', `${ok}X-A: \x01\r\n\r\n`],
    ['DEL in a value', `${ok}X-A: \x7f\r\n\r\n`],
    ['a bare CR in a value', `${ok}X-A: 1\r2\r\n\r\n`],
    ['a bare LF in a value', `${ok}X-A: 1\n2\r\n\r\n`],
    ...['', '-1', '+1', '1.0', '0x1', '1 2', '1,1', '1;', 'one', '9'.repeat(16), '１'].map(
      (length): [string, string] => [`Content-Length: ${length}`, `${ok}Content-Length: ${length}\r\n\r\n1`],
    ),
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n12`],
    ['the same length twice', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\n1`],
    ['chunked and a length', `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`],
    ['a length and chunked', `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ...['', 'gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'chunked;q=1', 'xchunked', '"chunked"'].map(
      (coding): [string, string] => [
        `Transfer-Encoding: ${coding}`,
        `${ok}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
      ],
    ),
    ['a 101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ...['', ' 1', 'g', '-1', '+1', '0x1', '1 1', '1\t1', '1 g;a', 'f'.repeat(14), ';a', '1;a\0', '1;a\x7f'].map(
      (size): [string, string] => [`the chunk size ${JSON.stringify(size)}`, `${chunkedHead}${size}\r\n1\r\n0\r\n\r\n`],
    ),
    ['a chunk size that ends in LF', `${chunkedHead}1\n1\r\n0\r\n\r\n`],
    ['a chunk extension that ends in LF', `${chunkedHead}1;a\n1\r\n0\r\n\r\n`],
    ['a CR within a chunk extension', `${chunkedHead}1;a\rb\r\n1\r\n0\r\n\r\n`],
    ['a chunk that is longer than it says', `${chunkedHead}1\r\n12\r\n0\r\n\r\n`],
    ['a chunk that is shorter than it says', `${chunkedHead}3\r\n1\r\n0\r\n\r\n`],
    ['a chunk without its CRLF', `${chunkedHead}1\r\n10\r\n\r\n`],
    ['a trailer without a colon', `${chunkedHead}0\r\nX-A\r\n\r\n`],
    ['a folded trailer', `${chunkedHead}0\r\nX-A: 1\r\n 2\r\n\r\n`],
    ['a trailer that ends in LF', `${chunkedHead}0\r\nX-A: 1\n\r\n\r\n`],
  ])('%s', (_title, text) => {
    expect(read([latin1(text)]).refused).not.toBeNull();
    expect(read(bytewise(latin1(text))).refused).not.toBeNull();
  });

  test('before its end has come, where it can’t become valid any more', () => {
    expect(read([latin1('SSH-2.0')]).refused).not.toBeNull();
    expect(read([latin1('HTTP/1.1 200 OK\nX')]).refused).not.toBeNull();
    expect(read([latin1('HTTP/1.')]).refused).toBeNull();
  });

  test('when its head, its trailers or a chunk extension never end', () => {
    const limit = 1024;
    const endless = Array.from({ length: 40 }, () => latin1(`X-A: ${'a'.repeat(40)}\r\n`));
    expect(read([latin1('HTTP/1.1 200 OK\r\n'), ...endless], { limit }).refused).toMatch(/too large/);
    expect(read([latin1(`${chunkedHead}0\r\n`), ...endless], { limit }).refused).toMatch(/too large/);
    expect(read([latin1(`${chunkedHead}1;${'a'.repeat(2_000)}`)], { limit }).refused).not.toBeNull();
    expect(read([latin1(`${chunkedHead}1${' '.repeat(2_000)}`)], { limit }).refused).not.toBeNull();
  });

  test('at the same size, whole or in pieces', () => {
    const limit = 256;
    const head = (size: number) => latin1(`HTTP/1.1 204 OK\r\nX-A: ${'a'.repeat(size - 22)}\r\n\r\n`);
    for (const cut of [(bytes: Buffer) => [bytes], bytewise, (bytes: Buffer) => cutAt(bytes, [100])]) {
      expect(read(cut(head(limit)), { limit }).refused).toBeNull();
      expect(read(cut(head(limit + 1)), { limit }).refused).toMatch(/too large/);
    }
  });
});

describe('what the head says of the connection', () => {
  const reusable = (text: string) => read([latin1(text)]).reusable;

  test.each([
    ['HTTP/1.1', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 that closes', 'HTTP/1.1 200 OK\r\nConnection: X-A , Close\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HTTP/1.0 that stays', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
    [
      'HTTP/1.0 in chunks',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      false,
    ],
  ])('decides whether it is used again: %s', (_title, text, expected) => {
    expect(reusable(text)).toBe(expected);
  });

  test.each([
    ['timeout=5', 5],
    ['max=100, timeout=30', 30],
    ['Timeout=2', 2],
    ['max=100', -1],
    ['timeout=', -1],
    ['xtimeout=7', -1],
  ])('tells how long it is kept: %s', (value, seconds) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: ${value}\r\n\r\n`;
    expect(read([latin1(head)]).head?.keepAliveSeconds).toBe(seconds);
  });

  test('is taken out of the fields, with what Connection names', () => {
    const text =
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: x-b, Content-Length\r\nX-B: 2\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n';
    expect(read([latin1(text)]).head?.headers).toEqual(['X-A', '1', 'Content-Length', '0']);
  });

  test.each<[string, string[], string[]]>([
    ['first', ['Connection: keep-alive', 'Keep-Alive: timeout=5', 'X-A: 1', 'X-B: 2'], ['X-A', '1', 'X-B', '2']],
    ['last', ['X-A: 1', 'X-B: 2', 'Connection: keep-alive', 'Keep-Alive: timeout=5'], ['X-A', '1', 'X-B', '2']],
    [
      'in between',
      ['X-A: 1', 'Connection: keep-alive', 'X-B: 2', 'Upgrade: h2c', 'X-C: 3'],
      ['X-A', '1', 'X-B', '2', 'X-C', '3'],
    ],
    ['alone', ['Connection: close', 'Proxy-Connection: close'], []],
    ['named before and after', ['X-B: 2', 'Connection: close, x-b', 'X-A: 1', 'x-b: 3'], ['X-A', '1']],
    ['named by two fields', ['Connection: x-a', 'X-A: 1', 'X-B: 2', 'Connection: X-B', 'X-C: 3'], ['X-C', '3']],
  ])('is taken out wherever it stands: %s', (_where, lines, headers) => {
    const text = `HTTP/1.1 204 No Content\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
    expect(read([latin1(text)]).head?.headers).toEqual(headers);
  });

  test('is not remembered from the answer before', () => {
    const seconds = (value: string) =>
      read([latin1(`HTTP/1.1 204 No Content\r\nKeep-Alive: ${value}\r\n\r\n`)]).head?.keepAliveSeconds;
    expect(['timeout=5', 'timeout=5', 'max=1', 'max=1', 'timeout=7', 'timeout=5'].map(seconds)).toEqual([
      5, 5, -1, -1, 7, 5,
    ]);
  });

  test.each([
    ['Trailer: X-Sum\r\n', true],
    ['tRAILER: X-Sum\r\n', true],
    ['X-Trailer: X-Sum\r\n', false],
    ['', false],
  ])('tells whether trailers are announced: %j', (field, announced) => {
    const text = `HTTP/1.1 200 OK\r\n${field}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect(read([latin1(text)]).head?.announcesTrailer).toBe(announced);
  });
});

test('a 101 that was asked for leaves the bytes behind it to the new protocol', () => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi';
  for (const pieces of [[latin1(text)], bytewise(latin1(text)), cutAt(latin1(text), [90])]) {
    const reading = read(pieces, { upgrading: true });
    expect(reading).toMatchObject({
      upgraded: true,
      surplus: '\x81\x02hi',
      head: { status: 101, upgrade: 'websocket' },
    });
  }
});

test('a head that comes byte by byte costs no more than its length', () => {
  // Quadratic reading would look at 64 KiB two billion times and take longer than any test may.
  const size = 64 * 1024;
  const head = latin1(`HTTP/1.1 204 OK\r\n${'X-A: 1\r\n'.repeat(Math.floor((size - 21) / 8))}\r\n`);
  expect(read(bytewise(head)).head?.status).toBe(204);
});
