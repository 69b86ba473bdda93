import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactHeaders } from '../../../src/domain/redaction/headers.ts';
import { type JsonPath, redactJson } from '../../../src/domain/redaction/json.ts';
import { redactLooks } from '../../../src/domain/redaction/looks.ts';
import { NumberedStandIns, unnumbered } from '../../../src/domain/redaction/stand-ins.ts';
import { redactText } from '../../../src/domain/redaction/text.ts';
import { redactUrl } from '../../../src/domain/redaction/url.ts';

const json = (value: unknown, isSecretPlace: (path: JsonPath) => boolean = () => false): unknown => {
  const redaction = {
    standIns: new NumberedStandIns(),
    isSecretPlace,
    namesPlaces: false,
    room: 100_000,
    toItsEnd: true,
  };
  const redacted = redactJson(typeof value === 'string' ? value : JSON.stringify(value), redaction);
  return redacted === null ? null : JSON.parse(redacted.text);
};

const url = (text: string): string => redactUrl(text, new NumberedStandIns());

describe('what is left as it is', () => {
  it.each([
    '12.50',
    'EUR 1,299.00',
    'ORD-2024-000123',
    'order 100045 of 2024-01-31',
    '550e8400-e29b-41d4-a716-446655440000',
    'order-550e8400-e29b-41d4-a716-446655440000-copy',
    '2024-01-31T10:15:30.123Z',
    '20240131T101530Z',
    '1706696130123',
    '1706696130123456',
    'SKU-1001',
    'TSHIRT-RED-XL-2024-00012',
    'application/vnd.acme.order-details+json; charset=utf-8',
    'getCustomerOrderDetailsForUser',
    'internationalization',
    'a-long-slug-of-a-product-page',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'basic information about bearers',
    'Fri, 31 Jan 2025 10:15:30 GMT',
    '+49 30 1234567',
    '1.2.3-beta.20240101',
    'max-age=31536000; includeSubDomains',
    '/api/orders/42/items',
  ])('%s', (text) => {
    expect(redactText(text, unnumbered)).toBe(text);
    expect(redactUrl(text, unnumbered)).toBe(text);
    expect(json({ value: text })).toEqual({ value: text });
  });
});

describe('what gives itself away by its looks', () => {
  it.each([
    ['4111 1111 1111 1111', '‹card›'],
    ['paid 2024-01-31 4242-4242-4242-4242 ok', 'paid 2024-01-31 ‹card› ok'],
    ['378282246310005.', '‹card›.'],
    ['write to ada.lovelace+x@maths.example.org!', 'write to ‹e-mail›!'],
    ['jürgen@bücher.example', '‹e-mail›'],
    ['bob%40example.com', '‹e-mail›'],
    ['Bearer abcdef', 'Bearer ‹token›'],
    ['Basic dXNlcjpwYXNz', 'Basic ‹token›'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '‹token›'],
    ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', '‹token›'],
    ['AKIAIOSFODNN7EXAMPLE', '‹token›'],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '‹token›'],
    ['sha d41d8cd98f00b204e9800998ecf8427e', 'sha ‹token›'],
    ['DE89 3704 0044 0532 0130 00', '‹iban›'],
  ])('%s', (text, redacted) => {
    expect(redactLooks(text, unnumbered)).toBe(redacted);
    expect(redactLooks(redacted, unnumbered)).toBe(redacted);
  });

  it('whatever stands around a random key', () => {
    const keys = fc
      .noBias(fc.uint8Array({ minLength: 24, maxLength: 48 }))
      .map((bytes) => Buffer.from(bytes).toString('base64url'));
    const around = fc.constantFrom('', ' ', '"', ': ', ', ', '<', '&', '/orders/', 'id=');
    fc.assert(
      fc.property(around, keys, around, (before, key, after) => {
        const redacted = redactLooks(`${before}${key}${after}`, unnumbered);
        expect(redacted).not.toContain(key.slice(4, -4));
      }),
    );
  });

  it('every card number, grouped or not', () => {
    const cards = fc.tuple(
      fc.stringMatching(/^[3-6]\d{11,17}$/),
      fc.constantFrom('', ' ', '-'),
      fc.integer({ min: 3, max: 6 }),
    );
    fc.assert(
      fc.property(cards, ([digits, separator, group]) => {
        const card = `${digits}${checkDigit(digits)}`;
        const written = card.match(new RegExp(`.{1,${group}}`, 'g'))!.join(separator);
        expect(redactLooks(`card ${written}.`, unnumbered)).toBe('card ‹card›.');
      }),
    );
  });

  it('in time that grows with the text and no faster', () => {
    for (const piece of [
      'a',
      '1',
      '1 ',
      'eyJ',
      '@',
      'a.',
      'a@',
      'A-',
      '=',
      'password',
      'name=',
      '‹',
      '\\"',
      '%40',
      'AA00 ',
    ]) {
      const text = piece.repeat(Math.ceil(200_000 / piece.length));
      const started = performance.now();
      redactText(text, unnumbered);
      redactUrl(text, unnumbered);
      // A pass over 200 kB takes milliseconds, a quadratic one minutes.
      expect(performance.now() - started, piece).toBeLessThan(5_000);
    }
  });
});

function checkDigit(digits: string): number {
  for (let digit = 0; digit < 10; digit++) {
    const sum = [...`${digits}${digit}`].reverse().reduce((total, character, i) => {
      const weighed = Number(character) * (i % 2 === 0 ? 1 : 2);
      return total + (weighed > 9 ? weighed - 9 : weighed);
    }, 0);
    if (sum % 10 === 0) return digit;
  }
  throw new Error('one of ten digits fits');
}

describe('what a name gives away', () => {
  it('in text', () => {
    const redacted = redactText(
      'user=bob password=hunter2 note: pin: 1234, "apiKey": "a b c"\n<secret>x y</secret> <input name="csrf" value="q1">',
      unnumbered,
    );
    expect(redacted).toBe(
      'user=bob password=‹redacted› note: pin: ‹redacted›, "apiKey": "‹redacted›"\n<secret>‹redacted›</secret> <input name="csrf" value="‹redacted›">',
    );
  });

  it('in JSON, to any depth, and leaves what says nothing', () => {
    expect(
      json({
        user: { password: 'x', userPin: 1234, hasPassword: true, token: null, opinion: 'fine' },
        secrets: [{ name: 'a', size: 3 }],
        log: '{"password":"y","at":1}',
        cardHolder: 'Ada',
        4: 4111111111111111,
      }),
    ).toEqual({
      user: { password: '‹redacted 1›', userPin: '‹redacted 2›', hasPassword: true, token: null, opinion: 'fine' },
      secrets: [{ name: '‹redacted 3›', size: '‹redacted 4›' }],
      log: '{"password":"‹redacted 5›","at":1}',
      cardHolder: 'Ada',
      4: '‹card 1›',
    });
  });

  it('in URLs, in queries and after the segment that says so', () => {
    expect(url('/reset-password/abc/x?token=1&page=2&to=bob%40example.com&card=4111+1111+1111+1111')).toBe(
      '/reset-password/‹redacted 1›/x?token=‹redacted 2›&page=2&to=‹e-mail 1›&card=‹card 1›',
    );
    expect(url('https://bob:pw@shop.example/a?b=c')).toBe('https://‹redacted 1›@shop.example/a?b=c');
    expect(redactUrl('/invite/a1b2', unnumbered, ['inviteToken', 'a1b2'])).toBe('/invite/‹redacted›');
  });

  it('in headers, where the names of cookies stay', () => {
    const lines = [
      ...['Cookie', 'sid=abc; theme=dark'],
      ...['Set-Cookie', 'sid=abc; Path=/; HttpOnly'],
      ...['Authorization', 'Bearer abc'],
      ...['X-Api-Key', 'k'],
      ...['X-Customer', 'Ada'],
      ...['Location', '/login?token=abc'],
      ...['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ...['Accept', '*/*'],
    ];
    expect(redactHeaders(lines, new Set(['x-customer']), new NumberedStandIns())).toEqual([
      ...['Cookie', 'sid=‹redacted 1›; theme=‹redacted 2›'],
      ...['Set-Cookie', 'sid=‹redacted 1›; Path=/; HttpOnly'],
      ...['Authorization', '‹redacted 3›'],
      ...['X-Api-Key', '‹redacted 4›'],
      ...['X-Customer', '‹redacted 5›'],
      ...['Location', '/login?token=‹redacted 1›'],
      ...['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ...['Accept', '*/*'],
    ]);
  });

  it('is taken out of other places of the same example too', () => {
    const standIns = new NumberedStandIns();
    redactHeaders(['x-auth-token', 'plain-words'], new Set(), standIns);
    standIns.seal();
    expect(standIns.scrub('echo plain-words, plain-words')).toBe('echo ‹redacted 1›, ‹redacted 1›');
  });
});

describe('JSON', () => {
  const redaction = {
    standIns: unnumbered,
    isSecretPlace: () => false,
    namesPlaces: false,
    room: 1_000_000,
    toItsEnd: true,
  };

  it('comes back as it was but for its blanks, and only where it is JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const kept = redactJson(JSON.stringify(JSON.parse(text), null, 1), redaction);
        expect(kept).not.toBeNull();
        expect(() => JSON.parse(kept!.text)).not.toThrow();
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,01-.eE tru"\\') }), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(redactJson(text, redaction) !== null).toBe(valid);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps how numbers are spelt, and names that repeat', () => {
    const text = '{"a":1.0,"a":12345678901234567890123,"__proto__":{"b":-0},"c":1e400}';
    expect(redactJson(text, redaction)).toEqual({ text, cut: false });
  });

  it('is read to any depth', () => {
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(redactJson(deep, { ...redaction, room: 10 })).toEqual({ text: '[[[[[[[[[[', cut: true });
    expect(redactJson(deep.slice(1), { ...redaction, room: 10 })).toBeNull();
  });

  it('is secret at the places that are configured', () => {
    const isSecretPlace = (path: JsonPath): boolean => path.join('.') === 'customer.name';
    expect(json({ customer: { name: 'Ada', id: 7 } }, isSecretPlace)).toEqual({
      customer: { name: '‹redacted 1›', id: 7 },
    });
  });

  it('drops what is unfinished where it was cut short', () => {
    const cutShort = { cutShort: true };
    expect(redactJson('{"a":"x","b":"4111 11', redaction, cutShort)).toEqual({ text: '{"a":"x","b":', cut: true });
    expect(redactJson('[1,41111', redaction, cutShort)).toEqual({ text: '[1,', cut: true });
    expect(redactJson('[1,]', redaction, cutShort)).toBeNull();
  });
});

describe('credentials that are echoed', () => {
  const scrubbed = (secret: string, text: string): string => {
    const standIns = new NumberedStandIns();
    redactHeaders(['authorization', secret], new Set(), standIns);
    standIns.seal();
    return standIns.scrub(text);
  };

  it.each([
    ['Bearer hunter2tok', '{"echo":"hunter2tok"}'],
    [`Basic ${btoa('jane:hunter2')}`, '{"echo":"hunter2"}'],
    [`Basic ${btoa('jane:hunter2')}`, '{"echo":"jane:hunter2"}'],
    ['hunter"2\\tok', JSON.stringify({ echo: 'hunter"2\\tok' })],
  ])('takes what %s gave away out of %s', (secret, text) => {
    expect(scrubbed(secret, text)).toMatch(/^\{"echo":"‹redacted 1›"\}$|^\{"echo":"jane:‹redacted 1›"\}$/);
  });
});

it('keeps of trace headers only what looks like a trace', () => {
  const lines = ['b3', '80f198ee-1', 'b3', 'Jane Roe'];
  expect(redactHeaders(lines, new Set(), new NumberedStandIns())).toEqual(['b3', '80f198ee-1', 'b3', '‹redacted 1›']);
});
