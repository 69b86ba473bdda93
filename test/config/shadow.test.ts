import { describe, expect, it } from 'vitest';
import { unshadowed } from '../../src/domain/shadow.ts';
import { problemsOf, settingsOf, withRoutes } from './reading.ts';

/** A read of orders; its keys begin in line 7. */
const route = (...keys: string[]) => withRoutes('  - id: a', ...keys.map((key) => `    ${key}`));
const read = ['match: GET /a/:id', 'service: orders', 'percent: 0'];
const write = ['match: [GET /a/:id, POST /a/:id/x]', 'service: orders', 'percent: 0'];

const shadowOf = (keys: readonly string[], ...shadow: string[]) =>
  settingsOf(route(...keys, ...shadow)).routes[0]?.shadow;

describe('the shadow of a route', () => {
  it('is none where nothing is said', () => {
    expect(shadowOf(read)).toEqual(unshadowed);
  });

  it('may be a bare percent', () => {
    expect(shadowOf(read, 'shadow: 12.5')).toEqual({ ...unshadowed, percent: 12.5 });
    expect(shadowOf(read, 'shadow: 0')).toEqual(unshadowed);
  });

  it('is all requests where a map does not say how many', () => {
    expect(shadowOf(read, 'shadow: {}')).toEqual({ ...unshadowed, percent: 100 });
  });

  it('takes its limits', () => {
    const written = 'shadow: { percent: 50, timeout: 3s, body: 1MiB, noise: 2.5%, confirm: 2s }';
    const limits = { percent: 50, timeout: 3_000, body: 1_048_576, noise: 2.5, confirm: 2_000 };
    expect(shadowOf(read, written)).toEqual({ ...unshadowed, ...limits });
    expect(shadowOf(read, 'shadow: { noise: 10, confirm: 0 }')).toMatchObject({ noise: 10, confirm: 0 });
  });

  it.each([
    ['[GET]', ['GET', 'HEAD']],
    ['HEAD', ['HEAD']],
    ['"POST, GET, POST"', ['POST', 'GET', 'HEAD']],
  ])('copies the methods %s', (methods, expected) => {
    expect(shadowOf(write, `shadow: { methods: ${methods}, writes: header }`)?.methods).toEqual(expected);
  });

  it.each([
    ['off', { mode: 'off' }],
    ['header', { mode: 'header' }],
    [
      '{ url: http://scratch:4013/v1/ }',
      {
        mode: 'url',
        url: { secure: false, hostname: 'scratch', port: 4013, authority: 'scratch:4013', basePath: '/v1' },
      },
    ],
    ["{ readback: { get: '/a/{id}' } }", { mode: 'readback', get: '/a/{id}', within: 5_000 }],
    ["{ readback: { get: '/a/:id?full=1', within: 1s } }", { mode: 'readback', get: '/a/:id?full=1', within: 1_000 }],
  ])('treats writes as %s', (written, writes) => {
    const methods = written === 'off' ? 'GET' : '[GET, POST]';
    expect(shadowOf(write, `shadow: { methods: ${methods}, writes: ${written} }`)?.writes).toEqual(writes);
  });

  it('takes rules', () => {
    const shadow = shadowOf(
      read,
      'shadow:',
      "  ignore: [$.at, '$.items[*].at', header:etag]",
      '  tolerance: { $.total: 0.01, $.rate: 1%, $.at: ±5s }',
      '  unordered: { $.items: sku }',
      "  normalize: { $.links.*: 's#https?://[^/]+##', $.x: ['s#a#b#g', 's#c#d#'] }",
      '  headers: [ETag]',
    );
    expect(shadow?.rules).toEqual({
      ignore: ['$.at', '$.items[*].at', 'header:etag'],
      tolerance: [
        { at: '$.total', by: { kind: 'absolute', value: 0.01 } },
        { at: '$.rate', by: { kind: 'percent', value: 1 } },
        { at: '$.at', by: { kind: 'time', milliseconds: 5_000 } },
      ],
      unordered: [{ at: '$.items', key: 'sku' }],
      normalize: [
        { at: '$.links.*', pattern: 'https?://[^/]+', flags: '', replacement: '' },
        { at: '$.x', pattern: 'a', flags: 'g', replacement: 'b' },
        { at: '$.x', pattern: 'c', flags: '', replacement: 'd' },
      ],
      headers: ['etag'],
    });
  });

  it('takes sets with and without a key, in one list', () => {
    expect(shadowOf(read, 'shadow: { unordered: [$.tags, { $.items: sku, $.rows: id }] }')?.rules.unordered).toEqual([
      { at: '$.tags', key: null },
      { at: '$.items', key: 'sku' },
      { at: '$.rows', key: 'id' },
    ]);
  });
});

describe('what is kept', () => {
  it('is redacted and bounded as the file says', () => {
    const settings = settingsOf(
      'legacy: { url: http://a }\nredact: { headers: [X-Api-Key], paths: [$.customer.email] }\n' +
        'evidence: { keep: 1d, size: 4MiB, examples: 5 }\n',
    );
    expect(settings.redact).toEqual({ headers: ['x-api-key'], paths: ['$.customer.email'] });
    expect(settings.evidence).toEqual({ keep: 86_400_000, size: 4_194_304, examples: 5 });
  });
});

/** One problem each: the keys of a route, the first of them in line 8, and exactly what is said about it. */
const problems: [keys: string[], ...said: string[]][] = [
  [[...read, 'shadow: yes'], '11:13  "shadow" must be a percent, or a map, not "yes"'],
  [[...read, 'shadow: 101'], '11:13  "shadow" must be from 0 to 100, not 101'],
  [[...read, 'shadow: 5%'], '11:13  "shadow" is written without the % sign'],
  [
    [...read, 'shadow: { percent: 5.123 }'],
    '11:24  "percent" has at most two decimals (there are 10,000 buckets), not 5.123',
  ],
  [[...read, 'shadow:', '  ignor: []'], '12:7  unknown key "ignor" (did you mean "ignore"?)'],
  [
    ['match: GET /a', 'service: orders', 'shadow: 100'],
    '10:5  a route with "shadow" says its percent too: "percent: 0" leaves every answer to legacy',
  ],
  [
    ['match: GET /a', 'service: orders', 'shadow: { ignore: 5 }'],
    '10:5  a route with "shadow" says its percent too: "percent: 0" leaves every answer to legacy',
    '10:23  "ignore" must be a list, not 5',
  ],
  [
    ['match: GET /a', 'service: orders', 'percent: 100', 'legacy: retired', 'shadow: 5'],
    '12:5  legacy is retired here: there is nothing to compare with',
  ],
  [
    [...write, 'shadow: { methods: [POST] }'],
    '11:24  a copy of POST would write a second time, and "writes" is off: ' +
      'choose writes: header, { url: … } or { readback: { get: … } }',
  ],
  [
    [...write, 'shadow: { writes: header }'],
    '11:15  warning: "writes" has no effect: "methods" lists none that writes, as methods: [GET, POST] does',
  ],
  [
    [...write, 'shadow: { methods: [PUT, GET], writes: header }'],
    '11:24  warning: this route never takes PUT, only GET, HEAD, POST',
  ],
  [
    ['match: POST /a', 'service: orders', 'percent: 0', 'shadow: 5'],
    '11:5  warning: nothing is copied: this route takes POST only, and without "methods" only GET and HEAD are',
  ],
  [['match: POST /a', 'service: orders', 'percent: 0', 'shadow: 0']],
  [['match: /a', 'service: orders', 'percent: 0', 'shadow: { methods: [GET, PURGE], writes: header }']],
  [
    [...write, 'shadow: { methods: POST, writes: hedaer }'],
    '11:38  "writes" must be off, header, { url: … } or { readback: { get: … } }, not "hedaer" (did you mean "header"?)',
  ],
  [
    [...write, 'shadow: { methods: POST, writes: 5 }'],
    '11:38  "writes" must be off, header, { url: … } or { readback: { get: … } }, not 5',
  ],
  [[...write, 'shadow: { methods: POST, writes: {} }'], '11:38  "writes" needs "url" or "readback"'],
  [
    [...write, 'shadow: { methods: POST, writes: { url: http://b, readback: { get: /a } } }'],
    '11:38  "writes" takes "url" or "readback", not both',
  ],
  [
    [...write, 'shadow: { methods: POST, writes: { url: http://127.0.0.1:4001 } }'],
    '11:45  this is "orders" itself: the copies would write into the data that it serves callers from',
  ],
  [
    [...write, 'shadow: { methods: POST, writes: { readback: { get: a } } }'],
    `11:57  "a" is not a valid path: a path begins with '/' (character 1)`,
  ],
  [
    [...write, "shadow: { methods: POST, writes: { readback: { get: '/a/{}' } } }"],
    `11:57  "/a/{}" is not a valid path: a field of legacy's answer is written {name}; a literal brace is %7B (character 4)`,
  ],
  [
    [...write, 'shadow: { methods: POST, writes: { readback: { get: /a/:idd } } }'],
    '11:57  ":idd" is not in the path "/a/:id/x" (did you mean "id"?)',
  ],
  [
    [...write, 'shadow: { methods: POST, writes: { readback: { get: /a/:order } } }'],
    `11:57  ":order" is not in the path "/a/:id/x"; {order} is read from legacy's answer`,
  ],
  [
    [...write, 'shadow: { methods: POST, writes: { readback: { get: /a/:id, within: 2m } } }'],
    '11:73  "within" must be at most 1m, not "2m"',
  ],
  [[...read, 'shadow: { timeout: 1h }'], '11:24  "timeout" must be at most 5m, not "1h"'],
  [[...read, 'shadow: { body: 5MiB }'], '11:21  "body" must be at most 4MiB, not "5MiB"'],
  [[...read, 'shadow: { noise: 110% }'], '11:22  "noise" must be from 0% to 100%, not "110%"'],
  [[...read, 'shadow: { noise: much }'], '11:22  "noise" must be a share such as 10%, not "much"'],
  [[...read, 'shadow: { confirm: 2 }'], '11:24  "confirm" needs a unit: 2ms or 2s'],
  [[...read, 'shadow: { headers: [a b] }'], '11:25  "a b" is not the name of a header'],
  [[...read, 'shadow: { tolerance: [] }'], '11:26  "tolerance" must be a map, not a list'],
  [
    [...read, 'shadow: { tolerance: { $.a: [] } }'],
    '11:33  "$.a" must be a tolerance such as 0.01, 1% or ±5s, not a list',
  ],
  [
    [...read, 'shadow: { unordered: $.a }'],
    '11:26  "unordered" must be a list of places, or a map of places and keys, not "$.a"',
  ],
  [[...read, 'shadow: { unordered: [5] }'], '11:27  "unordered" must be a place, or a map of a place and a key, not 5'],
  [[...read, 'shadow: { unordered: { $.a: 5 } }'], '11:33  "$.a" must be the key of its elements, not 5'],
  [[...read, 'shadow: { normalize: { $.a: 5 } }'], '11:33  "$.a" must be s#pattern#text#, or a list of such, not 5'],
  [
    [...read, 'shadow:', '  ignore:', '    - $.a', '    - $.items[x].at'],
    `14:11  "$.items[x].at" is not a place: in brackets stands a position counted from 0, * or a 'quoted key' (character 9)`,
  ],
  [
    [...read, 'shadow: { ignore: [generatedAt] }'],
    '11:24  "generatedAt" is not a place: a place begins with $ or header:, or is status or body (character 1)',
  ],
  [[...read, 'shadow: { tolerance: { $.a: close } }'], '11:33  "close" is no tolerance such as 0.01, 1% or ±5s'],
  [
    [...read, 'shadow: { tolerance: { total: 1 } }'],
    '11:28  "total" is not a place: a place begins with $ or header:, or is status or body (character 1)',
  ],
  [[...read, 'shadow: { normalize: { $.a: /x/y/ } }'], '11:33  "/x/y/" is no rewriting such as s#pattern#replacement#'],
  [
    [...read, 'shadow:', '  normalize:', '    $.a: [s#a#b#, "s#(#x#"]'],
    '13:23  "s#(#x#" is no regular expression: /(/: Unterminated group',
  ],
  [
    [...read, 'shadow: { tolerance: { status: 1 } }'],
    '11:28  "status" is no place for this: it begins with $, header:',
  ],
  [[...read, 'shadow: { unordered: [body] }'], '11:27  "body" is no place for this: it begins with $'],
  [
    [
      ...read,
      'shadow: { ignore: [status, body, header:location], normalize: { body: s#a#b#, header:location: s#a#b# } }',
    ],
  ],
  [[...read, 'shadow: { unordered: [header:etag] }'], '11:27  "header:etag" is no place for this: it begins with $'],
  [
    [...read, 'shadow: { normalize: { status: s#a#b# } }'],
    '11:28  "status" is no place for this: it begins with $, header:, body',
  ],
  [
    [...read, 'shadow:', '  ignore:', '    - $.a', '    - header:ETag', '    - header:set-cookie:theme'],
    '14:11  warning: "header:ETag" has no effect: etag is not compared unless "headers" lists it',
  ],
  [
    [...read, 'shadow: { headers: [x-request-id], ignore: [header:x-requst-id] }'],
    '11:49  warning: "header:x-requst-id" has no effect: x-requst-id is not compared unless "headers" lists it ' +
      '(did you mean "x-request-id"?)',
  ],
  [
    [...read, 'shadow: { tolerance: { $.a: 1, header:age: 5 } }'],
    '11:36  warning: "header:age" has no effect: age is not compared unless "headers" lists it',
  ],
  [[...read, 'shadow: { headers: [Age, set-cookie], tolerance: { header:age: 5 }, ignore: [header:age] }']],
  [
    [...read, 'shadow: { normalize: { header:etag: [s#a#b#, s#c#d#] } }'],
    '11:28  warning: "header:etag" has no effect: etag is not compared unless "headers" lists it',
  ],
  [
    [...read, 'shadow: { headers: [set-cookie], tolerance: { header:set-cookie: 5s } }'],
    '11:51  warning: "header:set-cookie" has no effect: ' +
      'cookies are compared as they are, or not at all: ignore: ["header:set-cookie"]',
  ],
  [
    [...read, 'shadow: { normalize: { header:set-cookie:theme: s#a#b# } }'],
    '11:28  warning: "header:set-cookie:theme" has no effect: ' +
      'cookies are compared as they are, or not at all: ignore: ["header:set-cookie:theme"]',
  ],
  [
    [...read, 'shadow: { tolerance: { header:location: 5 } }'],
    '11:28  warning: "header:location" has no effect: ' +
      'location holds neither a number nor a time; "normalize" rewrites what it holds',
  ],
  [
    [...read, 'shadow: { headers: [etag, Content-Type] }'],
    '11:31  warning: "content-type" has no effect: it is compared anyway',
  ],
  [[...read, 'shadow: { ignore: [5] }'], '11:24  "ignore" must be a place such as $.items[*].at, not 5'],
];

describe('a problem with a shadow', () => {
  it.each(problems)('%j', (keys, ...said) => {
    expect(problemsOf(route(...keys))).toEqual(said);
  });
});
