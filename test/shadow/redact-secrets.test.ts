import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../src/domain/comparing/answers.ts';
import { compileRules } from '../../src/domain/comparing/rules.ts';
import type { Example } from '../../src/domain/evidence.ts';
import type { HeaderLines } from '../../src/domain/header-lines.ts';
import { unshadowed } from '../../src/domain/shadow.ts';
import { type Exchange, type Observed, Redactor } from '../../src/shadow/redact.ts';

const type = (contentType: string): HeaderLines => ['Content-Type', contentType];

function answer(body: unknown, headers: HeaderLines = type('application/json')): Observed {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status: 200, headers, body: Buffer.from(text), whole: true, undecoded: null, milliseconds: 1 };
}

const rules = compileRules(unshadowed.rules);

/** What is kept of two answers that were compared, and of their request. */
function kept(
  paths: readonly string[],
  legacy: Observed,
  service: Observed,
  request: Partial<Exchange> = {},
  headers: readonly string[] = [],
): Example {
  const redactor = new Redactor({ headers, paths });
  const { mismatches } = compareAnswers(legacy, service, rules);
  const exchange: Exchange = {
    at: 0,
    arm: 'legacy',
    method: 'GET',
    url: '/',
    bound: [],
    headers: [],
    requestBody: null,
    traceparent: '',
    mismatches,
    legacy,
    service,
    ...request,
  };
  return redactor.example({ ...exchange, mismatches: redactor.patterned(exchange.mismatches, () => exchange) });
}

it('redacts a value that has no closing quote as text', () => {
  const control = '"4111 1111 1111 1111 password=hunter2';
  const { mismatches } = kept([], answer(1), answer(1), {
    mismatches: [{ kind: 'value', path: '$.note', pattern: '$.note', control, candidate: null }],
  });
  expect(mismatches[0]!.legacy).toBe('"‹card 1› password=‹redacted 1›"');
});

describe('below a place that routes.yaml names', () => {
  it('keys are hidden like values, in bodies, paths and patterns, and what is beside it stays', () => {
    const vault = (total: number) => ({
      vault: { 'card 4711 0815': { holder: 'Ada', ok: true }, list: [total] },
      total,
    });
    const { legacy, mismatches } = kept(['$.vault'], answer(vault(1)), answer(vault(2)));
    expect(JSON.parse(legacy.body!)).toEqual({
      vault: {
        '‹redacted 1›': { '‹redacted 2›': '‹redacted 3›', '‹redacted 4›': '‹redacted 5›' },
        '‹redacted 6›': ['‹redacted 7›'],
      },
      total: 1,
    });
    expect(mismatches).toEqual([
      {
        kind: 'value',
        path: "$.vault['‹redacted 6›'][0]",
        pattern: '$.vault.*[*]',
        legacy: '"‹redacted 7›"',
        service: '"‹redacted 8›"',
      },
      { kind: 'value', path: '$.total', pattern: '$.total', legacy: '1', service: '2' },
    ]);
  });

  it('keys stay where the place names each value of a map and not the map', () => {
    const { legacy } = kept(['$.people.*'], answer({ people: { ada: 'x' } }), answer({ people: {} }));
    expect(legacy.body).toBe('{"people":{"ada":"‹redacted 1›"}}');
  });

  it('neither true nor false nor null is told, in a body or as what differs', () => {
    const { legacy, service, mismatches } = kept(['$.ill'], answer({ ill: true }), answer({ ill: null }));
    expect([legacy.body, service.body]).toEqual(['{"ill":"‹redacted 1›"}', '{"ill":"‹redacted 2›"}']);
    expect(mismatches.map((one) => [one.legacy, one.service])).toEqual([['"‹redacted 1›"', '"‹redacted 2›"']]);
  });

  it('nothing is told of a path that was cut, nor of a key with every sign that a path may have', () => {
    const odd = `it's [a] "key".with\\all\u2028of it`;
    for (const key of [odd, `${odd} ${'long '.repeat(100)}`, '…'.repeat(300), `${'['.repeat(150)}Rose`]) {
      for (const around of [(inner: object) => inner, (inner: object) => ({ ['x'.repeat(250)]: inner })]) {
        const paths = ['$..vault'];
        const told = kept(
          paths,
          answer(around({ vault: { [key]: { Rose: 1 } } })),
          answer(around({ vault: { [key]: {} } })),
        );
        expect(JSON.stringify(told)).not.toMatch(/Rose|it's|with|long/);
        expect(told.mismatches).toHaveLength(1);
      }
    }
  });

  it('a document within a string is redacted as if it stood by itself, or hidden whole', () => {
    const inner = { customer: { name: 'Ada' }, at: 1 };
    const body = {
      log: JSON.stringify(inner),
      line: `got ${JSON.stringify(inner)}`,
      link: `/x?q=${encodeURIComponent(JSON.stringify(inner))}&a=1`,
    };
    const { legacy, mismatches } = kept(['$.customer.name'], answer(body), answer({ ...body, log: '', line: '' }));
    expect(JSON.parse(legacy.body!)).toEqual({
      log: '{"customer":{"name":"‹redacted 1›"},"at":1}',
      line: '‹redacted 2›',
      link: '/x?q=‹redacted 3›&a=1',
    });
    expect(JSON.stringify(mismatches)).not.toContain('Ada');
  });
});

describe('a text that holds JSON, where places are named', () => {
  const line = (name: string): string => `{"customer":{"name":"${name}"},"at":1}`;
  const paths = ['$.customer.name'];

  it.each(['application/x-ndjson', 'application/jsonl', 'text/plain', 'text/html'])(
    'line by line is redacted as %s',
    (as) => {
      const texts = [`${line('Ada')}\n\n[2]\r\n`, `${line('Bob')}\n[3]`];
      const { legacy, mismatches } = kept(paths, answer(texts[0], type(as)), answer(texts[1], type(as)));
      expect([legacy.body, legacy.left]).toEqual(['{"customer":{"name":"‹redacted 1›"},"at":1}\n\n[2]\n', null]);
      expect(mismatches.length).toBeGreaterThan(1);
      expect(JSON.stringify(mismatches)).not.toMatch(/Ada|Bob/);
    },
  );

  it.each([
    ['a line of which is none', 'application/x-ndjson', `${line('Ada')}\n{"customer":{"name":"Ada"`],
    ['that is called so and is none', 'application/jsonl', 'Ada'],
    ['after other text', 'text/plain', `received ${line('Ada')}`],
    [
      'over several lines',
      'text/plain',
      `received\n${JSON.stringify({ customer: { name: 'Ada', notes: ['Ada'] } }, null, 1)}`,
    ],
    ['in a script', 'text/html', `<p>Hi</p><script>state = ${line('Ada')}</script>`],
    ['in an attribute', 'text/html', `<p data-x="${line('Ada').replaceAll('"', '&quot;')}">`],
    ['in a form', 'application/x-www-form-urlencoded', `payload=${encodeURIComponent(line('Ada'))}`],
    ['in another coding', 'text/plain; charset=utf-16', line('Ada')],
    ['of a kind that is not known', 'application/graphql', line('Ada')],
  ])('%s is not kept', (_, as, text) => {
    const told = kept(paths, answer(text, type(as)), answer('x', type(as)), {
      headers: type(as),
      requestBody: Buffer.from(text),
    });
    expect(JSON.stringify(told)).not.toContain('Ada');
    expect([told.legacy.body, told.request.body]).toEqual([null, null]);
  });

  it('says the same as ever where none are named', () => {
    const { legacy } = kept([], answer(`received ${line('Ada')}`, type('text/plain')), answer('x', type('text/plain')));
    expect(legacy.body).toBe(`received ${line('Ada')}`);
  });

  it('is hidden in headers, and in the parts of a URL that hold it', () => {
    const told = kept(paths, answer(1), answer(2), {
      url: `/a/${encodeURIComponent(line('Ada'))}/b?page=2&filter=${encodeURIComponent(line('Ada'))}`,
      headers: ['X-State', line('Ada'), 'Accept', '*/*'],
    });
    expect(told.request.url).toBe('/a/‹redacted 1›?page=2&filter=‹redacted 2›');
    expect(told.request.headers).toEqual(['X-State', '‹redacted 3›', 'Accept', '*/*']);
  });
});

describe('a short secret that is repeated', () => {
  const request = (pin: string): Partial<Exchange> => ({
    headers: ['X-Code', pin],
    url: `/pins/${pin}?pin2=${pin}&n=1${pin}`,
  });
  const told = (pin: string, body: unknown) => kept([], answer(body), answer(0), request(pin), ['x-code']);

  it('is taken out where it stands alone, and left where it is a part of something else', () => {
    const { legacy, request: asked } = told('4711', {
      pin: 4711,
      text: 'PIN 4711, not 47110',
      list: ['4711', 14711],
      '4711': 1,
    });
    expect(JSON.parse(legacy.body!)).toEqual({
      pin: '‹redacted 1›',
      text: 'PIN ‹redacted 1›, not 47110',
      list: ['‹redacted 1›', 14711],
      '‹redacted 1›': 1,
    });
    expect(asked.url).toBe('/pins/‹redacted 1›?pin2=‹redacted 1›&n=14711');
  });

  it.each(['1', '42', 'true'])('is not looked for where it is %s, which stands everywhere', (pin) => {
    expect(told(pin, { a: 1, b: 42, c: true, d: `x ${pin}` }).legacy.body).toBe(
      `{"a":1,"b":42,"c":true,"d":"x ${pin}"}`,
    );
  });

  it('is not looked for where only a cookie says so, whose name tells nothing', () => {
    const headers = ['Cookie', 'currency=EUR; pin=4711; theme=daylight'];
    const { legacy } = kept([], answer({ in: 'EUR', is: 4711, was: 'daylight' }), answer(0), { headers });
    expect(legacy.body).toBe('{"in":"EUR","is":"‹redacted 2›","was":"‹redacted 3›"}');
  });
});

it('takes the longer of two secrets, one of which begins like the other, and both however they are spelt', () => {
  const name = `Zoë O'Neil & "Sons"`;
  const headers = ['X-Name', 'Zoë O', 'X-Name', name];
  const texts = [
    name,
    JSON.stringify(name),
    encodeURIComponent(name),
    encodeURIComponent(name).replaceAll('%20', '+'),
    `Zoë O&#39;Neil &amp; &quot;Sons&quot;`,
  ];
  const { legacy, request } = kept(
    [],
    answer(texts.join('\n'), type('text/html')),
    answer('x', type('text/html')),
    {
      headers,
      url: `/${encodeURIComponent(name).replace(/%../g, (code) => code.toLowerCase())}?q=${encodeURIComponent(name)}`,
    },
    ['x-name'],
  );
  expect(legacy.body).toBe(
    ['‹redacted 2›', '"‹redacted 2›"', '‹redacted 2›', '‹redacted 2›', '‹redacted 2›'].join('\n'),
  );
  expect(request.url).toBe('/‹redacted 2›?q=‹redacted 2›');
});

describe('a secret that is written otherwise than it was sent', () => {
  const page = (text: string) =>
    kept([], answer(text, type('text/html')), answer('-', type('text/html')), of).legacy.body;
  const of = { headers: ['X-Api-Key', `o'hara/"99"=`] };

  it.each([
    ['a URL in lower case', `o'hara%2f%2299%22%3d`],
    ['HTML by other entities', 'o&#x27;hara/&quot;99&quot;='],
    ['HTML by numbers', 'o&#39;hara/&#34;99&#34;='],
    ['HTML by three figures', 'o&#039;hara/&quot;99&quot;='],
    ['HTML by names', 'o&apos;hara/&quot;99&quot;='],
    ['a script', `o'hara\\/\\"99\\"=`],
  ])('is found in %s', (_, text) => {
    expect(page(`<p>${text}</p>`)).toBe('<p>‹redacted 1›</p>');
  });

  it.each([
    ['encoded', 'ab%2Fcd%3Fef%3D', 'ab/cd?ef='],
    ['in quotes', '"rose bud"', 'rose bud'],
    ['both', '"rose%20bud"', 'rose bud'],
  ])('is found as what a cookie that is %s means', (_, cookie, meant) => {
    const read = { headers: ['Cookie', `basket=${cookie}`] };
    expect(kept([], answer({ note: meant }), answer(0), read).legacy.body).toBe('{"note":"‹redacted 1›"}');
    const given = answer({ note: meant }, [...type('application/json'), 'Set-Cookie', `sid=${cookie}; Path=/`]);
    expect(kept([], given, answer(0)).legacy.body).toBe('{"note":"‹redacted 1›"}');
  });

  it('is found by its name in an address within an address within an address', () => {
    const within = (url: string, times: number): string =>
      times === 0 ? url : within(`/go?to=${encodeURIComponent(url)}`, times - 1);
    for (const times of [1, 2]) {
      const url = within('/x?password=hunter2', times);
      expect(kept([], answer({ url }), answer(0), { url }).request.url, url).not.toContain('hunter2');
      expect(kept([], answer({ url }), answer(0)).legacy.body, url).not.toContain('hunter2');
    }
  });
});

it('keeps of a trace what looks like one only', () => {
  expect(kept([], answer(1), answer(2), { traceparent: 'Ada Lovelace' }).request.traceparent).toBe('‹redacted 1›');
});

it('counts by no key that is a secret elsewhere, and by the same pattern whatever the secret', () => {
  const patterns = ['sess-a1', 'sess-b2'].map((session) => {
    const body = (total: number) => ({ of: { [session]: total, 'not-c3': total } });
    return kept([], answer(body(1)), answer(body(2)), { headers: ['X-Auth-Token', session] }).mismatches.map(
      (one) => one.pattern,
    );
  });
  expect(patterns).toEqual([
    ['$.of.*', '$.of.not-c3'],
    ['$.of.*', '$.of.not-c3'],
  ]);
});

/** None of them is part of another, nor of anything that is planted around them. */
const planted = fc.record({
  word: fc.stringMatching(/^[b-d]{4}[1-9]{3}$/).map((text) => `wörd-${text}`),
  phrase: fc.stringMatching(/^[b-d]{5}$/).map((text) => `Zoë O'${text} & "Co" 100%`),
  mail: fc.stringMatching(/^[b-d]{6}$/).map((text) => `${text}@maths.example`),
  card: fc.constantFrom('4111111111111111', '5500005555555559', '378282246310005'),
  pin: fc.constantFrom('4711', '08154', '733', 'x-9!'),
  header: fc.stringMatching(/^[b-d]{8}$/).map((text) => `hd ${text}`),
  /** A key that may be the name of a field: it is hidden where it stands, and not looked for elsewhere. */
  field: fc.stringMatching(/^[b-d]{6}$/).map((text) => `fld_${text}`),
});
type Planted = typeof planted extends fc.Arbitrary<infer T> ? T : never;

/** A document around `leaf`, which stands in it at random places. */
function documents(leaf: fc.Arbitrary<unknown>, key: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  })).tree;
}

const harmless = fc.constantFrom<unknown>('shelf', 'a lamp', '', 0, 12.5, true, null, '/api/lamps');

describe('for any document and any placement', () => {
  const paths = ['$.vault', '$..hidden', '$.people[*].name'];
  const cases = planted.chain((secret) => {
    const { field, ...others } = secret;
    const values = fc.constantFrom(...Object.values(others));
    const below = documents(
      fc.oneof(
        values,
        values.map((value) => `of ${value}`),
        harmless,
      ),
      fc.constantFrom(...Object.values(secret)),
    );
    const echoes = fc.oneof(
      harmless,
      values,
      values.map((value) => `so: ${value}.`),
      values.map((value) => `/echo/${encodeURIComponent(value)}?of=${encodeURIComponent(value)}`),
      values.map((value) => JSON.stringify({ said: value, vault: value })),
      fc.constant(/^[1-9]\d+$/.test(secret.pin) ? Number(secret.pin) : 0),
    );
    const around = documents(
      fc.oneof(echoes, fc.record({ hidden: below })),
      fc.oneof(fc.constantFrom('lamp', 'shop', 'items'), values),
    );
    const person = fc.record({ name: below, shelf: echoes });
    const document = fc.record({ vault: below, people: fc.array(person, { maxLength: 2 }), rest: around });
    return fc.record({
      secret: fc.constant(secret),
      control: document,
      candidate: document,
      asked: document,
      kind: fc.nat(4),
    });
  });

  /** Everything that makes the values secret, so that where they stand by themselves is no matter. */
  const all = (secret: Planted): object => ({ vault: { [secret.field]: Object.values(secret) } });

  function bodyOf(value: object, kind: number): { text: string; as: string } {
    const text = JSON.stringify(value);
    switch (kind) {
      case 0:
        return { text, as: 'application/json' };
      case 1:
        return { text: `${text}\n${text}\n`, as: 'application/x-ndjson' };
      case 2:
        return { text: `received\n${JSON.stringify(value, null, 2)}`, as: 'text/plain' };
      case 3:
        return { text: `<script>x = ${text}</script>`, as: 'text/html' };
      default:
        return { text: `x=${encodeURIComponent(text)}`, as: 'application/x-www-form-urlencoded' };
    }
  }

  it('nothing of what is secret is kept, wherever it is repeated', () => {
    fc.assert(
      fc.property(cases, ({ secret, control, candidate, asked, kind }) => {
        const told = (value: unknown, by: number): Observed => {
          const { text, as } = bodyOf({ ...(value as object), ...(by === 0 ? {} : { more: 1 }) }, by);
          return answer(text, [
            ...type(as),
            'Location',
            `/seen/${encodeURIComponent(secret.pin)}?who=${encodeURIComponent(secret.phrase)}`,
            'X-Log',
            `for ${secret.header}; ${secret.pin}`,
          ]);
        };
        const query = Object.entries(secret)
          .filter(([name]) => name !== 'field')
          .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
        const example = kept(
          paths,
          told(control, kind),
          told(candidate, kind),
          {
            url: `/api/${encodeURIComponent(secret.word)}/${encodeURIComponent(secret.phrase)}?${query.join('&')}`,
            headers: [
              ...type('application/json'),
              'X-Internal',
              secret.header,
              'X-Echo',
              `${secret.word} ${secret.pin}`,
            ],
            requestBody: Buffer.from(JSON.stringify({ ...(asked as object), all: all(secret), ...all(secret) })),
          },
          ['x-internal'],
        );
        const text = JSON.stringify(example);
        const readable = decodeURIComponent(text.replace(/%(?![0-9A-F]{2})/g, '%25'));
        for (const [name, value] of Object.entries(secret)) {
          for (const spelling of [
            value,
            JSON.stringify(value).slice(1, -1),
            JSON.stringify(JSON.stringify(value)).slice(3, -3),
          ]) {
            expect(text.includes(spelling) || readable.includes(spelling), `${name}: ${spelling} in ${text}`).toBe(
              false,
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
