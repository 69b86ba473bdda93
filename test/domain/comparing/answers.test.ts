import { describe, expect, it } from 'vitest';
import { type Answered, compareAnswers } from '../../../src/domain/comparing/answers.ts';
import { RuleFailure } from '../../../src/domain/comparing/rule-error.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import type { Undecoded } from '../../../src/domain/comparing/undecoded.ts';
import { type ComparisonRules, unshadowed } from '../../../src/domain/shadow.ts';

interface Given {
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly whole?: boolean;
  readonly undecoded?: Undecoded;
}

const answered = ({ status = 200, headers = [], body = '', whole = true, undecoded }: Given): Answered => ({
  status,
  headers,
  body: typeof body === 'string' ? Buffer.from(body) : body,
  whole,
  undecoded: undecoded ?? null,
});

const compare = (control: Given, candidate: Given, some: Partial<ComparisonRules> = {}) =>
  compareAnswers(answered(control), answered(candidate), compileRules({ ...unshadowed.rules, ...some }));

const found = (control: Given, candidate: Given, some: Partial<ComparisonRules> = {}) =>
  compare(control, candidate, some).mismatches.map((m) => `${m.kind} ${m.path} ${m.control} → ${m.candidate}`);

const withHeaders = (...headers: string[]): Given => ({ headers });
const as = (type: string, body: string | Uint8Array): Given => ({ headers: ['Content-Type', type], body });
const matchedByRules = { mismatches: [], thanksToRules: true, cut: false };

describe('comparing heads', () => {
  it('compares the status', () => {
    expect(found({ status: 200 }, { status: 404 })).toEqual(['status status 200 → 404']);
    expect(compare({ status: 200 }, { status: 404 }, { ignore: ['status'] })).toEqual(matchedByRules);
  });

  it('compares content types by what they mean', () => {
    expect(
      found(
        withHeaders('Content-Type', 'text/html; charset=UTF-8'),
        withHeaders('content-type', 'Text/HTML;charset="utf-8"'),
      ),
    ).toEqual([]);
    expect(found(withHeaders('content-type', 'text/html'), withHeaders('content-type', 'text/plain'))).toEqual([
      'header header:content-type "text/html" → "text/plain"',
    ]);
    expect(found(withHeaders('content-type', 'text/html'), withHeaders())).toEqual([
      'header header:content-type "text/html" → null',
    ]);
  });

  it('compares location, and cache-control as a set', () => {
    expect(found(withHeaders('Location', '/a'), withHeaders('Location', '/b'))).toEqual([
      'header header:location "/a" → "/b"',
    ]);
    expect(
      found(
        withHeaders('Cache-Control', 'no-store, max-age=0'),
        withHeaders('cache-control', 'Max-Age=0', 'Cache-Control', 'no-store'),
      ),
    ).toEqual([]);
    expect(found(withHeaders('Cache-Control', 'private'), withHeaders('cache-control', 'public'))).toHaveLength(1);
  });

  it('leaves every other header alone, unless it is opted in', () => {
    const [one, other] = [withHeaders('ETag', '"1"', 'Date', 'x'), withHeaders('ETag', '"2"')];
    expect(found(one, other)).toEqual([]);
    expect(found(one, other, { headers: ['ETag'] })).toEqual(['header header:etag "\\"1\\"" → "\\"2\\""']);
  });

  it('lets rules speak of headers', () => {
    const [one, other] = [withHeaders('Location', 'http://a/x'), withHeaders('Location', 'http://b/x')];
    expect(compare(one, other, { ignore: ['header:location'] })).toEqual(matchedByRules);
    const host = { at: 'header:location', pattern: '//[^/]+', flags: '', replacement: '' };
    expect(compare(one, other, { normalize: [host] })).toEqual(matchedByRules);
    const [then, later] = [
      withHeaders('Last-Modified', 'Sun, 01 Mar 2026 10:00:00 GMT'),
      withHeaders('Last-Modified', 'Sun, 01 Mar 2026 10:00:04 GMT'),
    ];
    const some = {
      headers: ['last-modified'],
      tolerance: [{ at: 'header:last-modified', by: { kind: 'time' as const, milliseconds: 5_000 } }],
    };
    expect(compare(then, later, some)).toEqual(matchedByRules);
  });

  it('compares cookies by name and attributes, whatever their values and their order', () => {
    const one = withHeaders('Set-Cookie', 'session=abc; Path=/; HttpOnly', 'Set-Cookie', 'theme=dark; Max-Age=60');
    const same = withHeaders('set-cookie', 'theme=light; max-age=60', 'set-cookie', 'session=xyz; httponly; path=/');
    expect(found(one, same)).toEqual([]);
    const other = withHeaders('set-cookie', 'session=xyz; path=/', 'set-cookie', 'lang=en');
    expect(found(one, other)).toEqual([
      'header header:set-cookie:session "session; httponly; path=/" → "session; path=/"',
      'header header:set-cookie:theme "theme; max-age=60" → null',
      'header header:set-cookie:lang null → "lang"',
    ]);
    expect(found(one, other, { ignore: ['header:set-cookie:theme', 'header:set-cookie:lang'] })).toHaveLength(1);
    expect(compare(one, other, { ignore: ['header:set-cookie'] })).toEqual(matchedByRules);
  });

  it('takes cookies of one name with other paths or domains for the different cookies that they are', () => {
    const [root, shop] = ['a=1; Path=/', 'a=2; Path=/shop; HttpOnly'];
    const both = withHeaders('Set-Cookie', root, 'Set-Cookie', shop);
    expect(found(both, withHeaders('Set-Cookie', shop, 'Set-Cookie', root))).toEqual([]);
    expect(found(both, withHeaders('Set-Cookie', shop))).toEqual(['header header:set-cookie:a "a; path=/" → null']);
    expect(found(withHeaders('Set-Cookie', root), both)).toEqual([
      'header header:set-cookie:a null → "a; httponly; path=/shop"',
    ]);
    expect(found(both, withHeaders('Set-Cookie', root, 'Set-Cookie', 'a=2; Path=/shop'))).toEqual([
      'header header:set-cookie:a "a; httponly; path=/shop" → "a; path=/shop"',
    ]);
    const hosts = withHeaders('Set-Cookie', 'a=1; Domain=.Example.com', 'Set-Cookie', 'a=1; Domain=shop.example.com');
    expect(found(hosts, withHeaders('Set-Cookie', 'a=1; domain=example.com'))).toEqual([
      'header header:set-cookie:a "a; domain=shop.example.com" → null',
    ]);
    for (const place of ['header:set-cookie', 'header:set-cookie:a', 'header:set-cookie:*'])
      expect(compare(both, withHeaders('Set-Cookie', shop), { ignore: [place] })).toEqual(matchedByRules);
    expect(found(both, withHeaders('Set-Cookie', shop), { ignore: ['header:set-cookie:b'] })).toHaveLength(1);
  });

  it('holds a cookie against the one of its name where only the path or the domain was changed', () => {
    const [one, other] = [withHeaders('Set-Cookie', 'a=1; Path=/'), withHeaders('Set-Cookie', 'a=1; Path=/x')];
    expect(found(one, other)).toEqual(['header header:set-cookie:a "a; path=/" → "a; path=/x"']);
  });

  it('reads cookies as a browser does: the last of equals counts, an empty domain or a relative path is none', () => {
    const twice = withHeaders('Set-Cookie', 'a=1; Path=/; Secure', 'Set-Cookie', 'a=2; path=/');
    expect(found(twice, withHeaders('Set-Cookie', 'a=3; Path=/'))).toEqual([]);
    expect(found(withHeaders('Set-Cookie', 'a=1; Path=/x; Path=/'), withHeaders('Set-Cookie', 'a=1; Path=/'))).toEqual(
      [],
    );
    expect(found(withHeaders('Set-Cookie', 'a=1; Domain=; Path=x'), withHeaders('Set-Cookie', 'a=1'))).toEqual([]);
  });

  it('compares thousands of cookies at once', () => {
    const many = (path: string) =>
      withHeaders(...Array.from({ length: 20_000 }, (_, i) => ['Set-Cookie', `a=1; Path=/${path}${i}`]).flat());
    expect(compare(many('x'), many('y')).cut).toBe(true);
    expect(found(many('x'), many('x'))).toEqual([]);
  });

  it('knows a cookie that is deleted from one that is set, but not when it ends', () => {
    const until = (date: string) => withHeaders('Set-Cookie', `a=1; Expires=${date}`);
    expect(found(until('Sun, 01 Mar 2026 10:00:00 GMT'), until('Mon, 02 Mar 2026 10:00:09 GMT'))).toEqual([]);
    expect(found(until('Sun, 01 Mar 2026 10:00:00 GMT'), until('Thu, 01 Jan 1970 00:00:00 GMT'))).toHaveLength(1);
  });

  it('compares the values of cookies only when asked, and shows them never', () => {
    const mismatches = found(withHeaders('Set-Cookie', 'a=topsecret'), withHeaders('Set-Cookie', 'a=other'), {
      headers: ['set-cookie'],
    });
    expect(mismatches).toEqual([
      'header header:set-cookie:a "a with a value of 9 characters" → "a with a value of 5 characters"',
    ]);
  });
});

describe('comparing bodies', () => {
  it('reads JSON as JSON, whatever else stands in its type', () => {
    for (const type of ['application/json', 'application/problem+json; charset=utf-8', 'Application/JSON'])
      expect(found(as(type, '{"a":1,"b":2}'), as(type, '{"b":2, "a":3}'))).toEqual(['value $.a 1 → 3']);
    expect(found({ body: '{"a":1}' }, { body: '{"a":2}' })).toEqual(['value $.a 1 → 2']);
  });

  it('reports another type, and compares what either side calls JSON as such', () => {
    expect(found(as('application/json', '{"a":1}'), as('text/html', '<p>oops</p>'))).toEqual([
      'header header:content-type "application/json" → "text/html"',
      'type $ {"a":1} → "not JSON: unexpected < at 0"',
    ]);
    expect(found(as('application/json', 'oops\nwhat'), as('application/json', 'oops\nwhy'))).toEqual([
      'value body:2 "what" → "why"',
    ]);
  });

  it('reports a body that is not there', () => {
    expect(found(as('application/json', '[1]'), as('application/json', ''))).toEqual(['missing $ [1] → null']);
    expect(found(as('image/png', ''), as('image/png', 'x'))).toEqual([
      expect.stringMatching(/^extra body null → "1 bytes, murmur3 /),
    ]);
    expect(found({ status: 204 }, { status: 204 })).toEqual([]);
  });

  it('compares HTML by its lines, without the white space around them', () => {
    const one = as('text/html', '<ul>\n  <li>a</li>\n\n  <li>b</li>\n</ul>\n');
    expect(found(one, as('text/html', '<ul>\r\n<li>a</li>\r\n<li>b</li>\r\n</ul>'))).toEqual([]);
    expect(found(one, as('text/html', '<ul>\n  <li>a</li>\n  <li>x</li>\n  <li>b</li>\n</ul>'))).toEqual([
      'extra body:3 null → "  <li>x</li>"',
    ]);
    expect(found(one, as('text/html', '<ul>\n  <li>a</li>\n</ul>'))).toEqual(['missing body:4 "  <li>b</li>" → null']);
  });

  it('compares other texts by their lines as they are', () => {
    expect(found(as('text/csv', 'a,b\n1,2\n'), as('text/csv', 'a,b\r\n1,2'))).toEqual([]);
    expect(found(as('text/css', 'a {}\n'), as('text/css', ' a {}\n'))).toEqual(['value body:1 "a {}" → " a {}"']);
    const [mismatch] = compare(as('text/plain', 'a'), as('text/plain', 'b')).mismatches;
    expect(mismatch?.pattern).toBe('body');
  });

  it('rewrites the lines of a text before they are compared', () => {
    const some = { normalize: [{ at: 'body', pattern: 'nonce="[^"]*"', flags: 'g', replacement: '' }] };
    expect(compare(as('text/html', '<a nonce="1">'), as('text/html', '<a nonce="2">'), some)).toEqual(matchedByRules);
    expect(found(as('text/html', '<a nonce="1">'), as('text/html', '<b nonce="2">'), some)).toHaveLength(1);
  });

  it('never takes texts in different codings for the same', () => {
    expect(found(as('text/plain', 'é'), as('text/plain', Buffer.from('é', 'latin1')))).toHaveLength(1);
    expect(found(as('text/plain', Buffer.from([0xff])), as('text/plain', Buffer.from([0xfe])))).toHaveLength(1);
  });

  it('compares the rest by its bytes, and tells sizes and digests', () => {
    expect(found(as('image/png', 'abc'), as('image/png', 'abc'))).toEqual([]);
    expect(found(as('image/png', 'abc'), as('image/png', 'abcd'))).toEqual([
      expect.stringMatching(/^value body "3 bytes, murmur3 [0-9a-f]{8}" → "4 bytes, murmur3 [0-9a-f]{8}"$/),
    ]);
  });

  it('never calls a match what it has not seen whole', () => {
    const [part, whole] = [{ ...as('application/json', '[1,2'), whole: false }, as('application/json', '[1,2]')];
    expect(found(whole, part)).toEqual(['size body "5 bytes" → "more than 4 bytes"']);
    expect(found(part, part)).toHaveLength(1);
    expect(compare(whole, part, { ignore: ['body'] })).toEqual(matchedByRules);
  });

  it('says what was wrong with a body that could not be decoded, and compares the head all the same', () => {
    const broken: Given = { status: 500, undecoded: { kind: 'type', why: 'not decoded: no gzip' } };
    expect(found(as('application/json', '[1]'), broken)).toEqual([
      'status status 200 → 500',
      'header header:content-type "application/json" → null',
      'type body "3 bytes" → "not decoded: no gzip"',
    ]);
    const tooLarge: Given = { undecoded: { kind: 'size', why: 'too much' } };
    expect(found({}, tooLarge)).toEqual(['size body "0 bytes" → "too much"']);
    expect(found(tooLarge, broken)).toContain('type body "too much" → "not decoded: no gzip"');
    expect(compare({ body: 'x' }, tooLarge, { ignore: ['body'] })).toEqual(matchedByRules);
  });

  it('leaves bodies alone that a rule ignores', () => {
    expect(compare(as('image/png', 'a'), as('image/png', 'b'), { ignore: ['body'] })).toEqual(matchedByRules);
    expect(compare(as('application/json', '1'), as('application/json', ''), { ignore: ['$'] })).toEqual(matchedByRules);
  });

  it('names the rule that failed, and does not go on without it', () => {
    const body = (letter: string) => as('application/json', JSON.stringify({ a: letter.repeat(100_000) }));
    const some = { normalize: [{ at: '$.a', pattern: '', flags: 'g', replacement: '0123456789abcdef' }] };
    expect(() => compare(body('x'), body('y'), some)).toThrow(RuleFailure);
    expect(() => compare(body('x'), body('y'), some)).toThrow('longer than 1 MiB');
  });

  it('aligns long texts in bounded time', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}`);
    const text = (all: readonly string[]) => as('text/plain', all.join('\n'));
    expect(found(text(lines), text(lines.toSpliced(25_000, 1)))).toEqual(['missing body:25001 "line 25000" → null']);
    const { cut, mismatches } = compare(text(lines), text(lines.map((line) => `${line}!`)));
    expect(cut).toBe(true);
    expect(mismatches.length).toBeLessThanOrEqual(100);
  });
});
