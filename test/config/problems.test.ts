// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment are part of the format.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/config/problem.ts';
import { problemsOf, read, withRoutes } from './reading.ts';

const legacy = 'legacy: { url: http://a }';

/** One problem each: what is written, and exactly what is said about it. */
const table: Record<string, [text: string, ...said: string[]][]> = {
  'the file': [
    ['', '1:1  the file is empty'],
    ['# nothing\n', '1:1  the file is empty'],
    ['- a\n', '1:1  the file must be a map that begins with "version: 1"'],
    ['a: [1\n', '2:1  Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['\ta: 1\n', '1:1  Tabs are not allowed as indentation'],
    [`${legacy}\n---\n${legacy}\n`, '2:1  a second document begins here; the file is one document'],
    [`${legacy}\ndebug: true\ndebug: false\n`, '3:1  the key "debug" stands here twice'],
    [`${legacy}\ndebug: *gone\n`, '2:8  no anchor &gone stands before this alias'],
    [`legacy: &l { url: *l }\n`, '1:19  this alias stands inside what it stands for'],
    ['legacy:\n  <<: 5\n  url: http://a\n', '2:3  a merge key (<<) takes a map, or a list of maps'],
    [`${'['.repeat(20_000)}`, '1:1  the file is nested too deeply'],
  ],
  'the top': [
    [`version: 2\n${legacy}\n`, '1:10  "version" must be 1, not 2'],
    ['version: 1\n', '1:1  "legacy" is missing'],
    [`${legacy}\nservces: {}\n`, '2:1  unknown key "servces" (did you mean "services"?)'],
    [`${legacy}\n__proto__: { x: 1 }\n`, '2:1  unknown key "__proto__"'],
    [`${legacy}\nredact: { headers: [a b] }\n`, '2:21  "a b" is not the name of a header'],
    [`${legacy}\nredact: { paths: [header:a] }\n`, '2:19  "header:a" is no place for this: it begins with $'],
    [`${legacy}\nevidence: { keep: 5s }\n`, '2:19  "keep" must be at least 1m, not "5s"'],
    [`${legacy}\nevidence: { size: 2GiB }\n`, '2:19  "size" must be at most 1GiB, not "2GiB"'],
    [`${legacy}\nevidence: { examples: 101 }\n`, '2:23  "examples" must be a whole number from 0 to 100, not 101'],
    [`${legacy}\nstate: redis://user:pass@h\n`, '2:8  "redis://…" is not available yet'],
    [`${legacy}\nstate: postgres\n`, '2:8  "state" must be memory or sqlite:PATH, not "postgres"'],
    [`${legacy}\nstate: "sqlite:"\n`, '2:8  "state" must be memory or sqlite:PATH, not "sqlite:"'],
    [`${legacy}\nstate: sqlite://x/y\n`, '2:8  "state" takes the path right behind sqlite:, without //'],
    [`${legacy}\nstate: "sqlite::memory:"\n`, '2:8  "state" is written "memory" for a state in memory'],
    [`${legacy}\ndebug: yes\n`, '2:8  "debug" must be true or false, not "yes"'],
    [`${legacy}\ndebug:\n`, '2:1  "debug" is empty'],
    [`${legacy}\nroutes: {}\n`, '2:9  "routes" must be a list, not a map'],
    [`${legacy}\nservices: []\n`, '2:11  "services" must be a map, not a list'],
    [`${legacy}\ncaller: ip\n`, '2:9  "caller" must be a list, not "ip"'],
    [
      `${legacy}\ncaller: [heder:x]\n`,
      '2:10  "caller" must be header:NAME, cookie:NAME, query:NAME or ip, not "heder:x" (did you mean "header"?)',
    ],
    [`${legacy}\ncaller: ["cookie:a=b"]\n`, '2:10  "a=b" is not the name of a cookie'],
    [`${legacy}\ncaller: [ip, cookie:a]\n`, '2:14  warning: this source is never asked: every caller has an "ip"'],
    [
      `${legacy}\noverride: { header: Host, secret: 0123456789abcdef }\n`,
      '2:21  "header" must not be a header that HTTP itself needs',
    ],
    [`${legacy}\noverride: { header: x-y }\n`, '2:11  "secret" is missing'],
    [`${legacy}\noverride: { secret: short }\n`, '2:21  warning: "secret" is shorter than 16 characters'],
    [`${legacy}\noverride: { secret: 12345 }\n`, '2:21  "secret" must be text'],
  ],
  listen: [
    [`${legacy}\nlisten: { port: 70000 }\n`, '2:17  "port" must be a whole number from 0 to 65535, not 70000'],
    [`${legacy}\nlisten: { port: http }\n`, '2:17  "port" must be a whole number from 0 to 65535, not "http"'],
    [`${legacy}\nlisten: { port: 80.5 }\n`, '2:17  "port" must be a whole number from 0 to 65535, not 80.5'],
    [`${legacy}\nlisten: { host: "a b" }\n`, '2:17  "a b" is not a host name or address'],
    [`${legacy}\nlisten:\n  timeout: { idle: 5 }\n`, '3:20  "idle" needs a unit: 5ms or 5s'],
    [
      `${legacy}\nlisten: { drain: 5sec }\n`,
      '2:18  "5sec" is not a duration such as 250ms, 5s, 10m or 1h, or 0 for off',
    ],
    [`${legacy}\nlisten: { drain: 25d }\n`, '2:18  "25d" is longer than 24 days'],
    [`${legacy}\nlisten: { timeout: { body: 0 } }\n`, '2:28  "body" must be longer than 0'],
    [`${legacy}\nlisten: { limits: { path: 8192 } }\n`, '2:27  "path" needs a unit: 8192B or 8192KiB'],
    [`${legacy}\nlisten: { limits: { path: 8kb } }\n`, '2:27  "8kb" is not a size such as 512B, 64KB, 256KiB or 1MiB'],
    [`${legacy}\nlisten: { limits: { path: 0B } }\n`, '2:27  "path" must be more than 0 and at most 2GiB'],
    [`${legacy}\nlisten: { limits: { count: 0 } }\n`, '2:28  "count" must be a whole number from 1 to 2000, not 0'],
    [
      `${legacy}\nlisten: { trust: [10.0.0.0/33] }\n`,
      '2:19  "10.0.0.0/33" is not an address or CIDR block such as 10.0.0.0/8',
    ],
    [
      `${legacy}\nlisten: { trust: ["::/0"] }\n`,
      '2:19  warning: "::/0" trusts everyone: any caller can forge its address',
    ],
    [
      `${legacy}\nlisten: { tls: { cert: c.pem } }\n`,
      '2:16  "key" is missing',
      '2:24  "c.pem" cannot be read: there is no such file',
    ],
  ],
  admin: [
    [`${legacy}\nadmin: { host: 0.0.0.0 }\n`, '2:16  off loopback the admin API needs a "token"'],
    [`${legacy}\nadmin: { host: 0.0.0.0, token: short }\n`, '2:32  warning: "token" is shorter than 16 characters'],
    [`${legacy}\nadmin: { token: "" }\n`, '2:17  "token" must not be empty, and has visible ASCII characters only'],
    [`${legacy}\nadmin: { token: 123 }\n`, '2:17  "token" must be text'],
    [`${legacy}\nadmin: { port: 8080 }\n`, `2:16  port 8080 is both listen's and admin's`],
    [`${legacy}\nlisten: { host: 0.0.0.0, port: 9090 }\n`, `2:32  port 9090 is both listen's and admin's`],
  ],
  targets: [
    ['legacy: {}\n', '1:9  "legacy" needs "url" or "urls"'],
    ['legacy: http://a\n', '1:9  "legacy" must be a map, not "http://a"'],
    ['legacy: { url: http://a, urls: [http://b] }\n', '1:26  "url" and "urls" exclude each other'],
    ['legacy: { urls: [] }\n', '1:17  "urls" must not be an empty list'],
    ['legacy: { url: localhost:3000 }\n', '1:16  "localhost:3000" is not a URL such as http://127.0.0.1:3000'],
    ['legacy: { url: "http:/a" }\n', '1:16  "http:/a" is not a URL such as http://127.0.0.1:3000'],
    ['legacy: { url: http://a:99999 }\n', '1:16  "http://a:99999" is not a URL such as http://127.0.0.1:3000'],
    ['legacy: { url: http://u:pw@a }\n', '1:16  "url" takes no user name and no password'],
    ['legacy: { url: http://a/b?c }\n', '1:16  "url" takes no query and no fragment'],
    ['legacy: { urls: [http://a, http://a/] }\n', '1:28  warning: this instance is listed twice'],
    ['legacy: { url: http://127.0.0.1:8080 }\n', '1:16  warning: this is where the proxy itself listens'],
    [`${legacy}\nservices:\n  legacy: { url: http://b }\n`, '3:3  no service can be called "legacy"'],
    [
      `${legacy}\nservices:\n  a b: { url: http://b }\n`,
      '3:3  "a b" is not the name of a service: letters, digits, ".", "_" and "-", at most 100',
    ],
    [`${legacy}\nservices:\n  a:\n`, '3:3  "a" is empty'],
    [
      'legacy:\n  url: http://a\n  host: targt\n',
      '3:9  "host" must be "preserve" or "target", not "targt" (did you mean "target"?)',
    ],
    [
      'legacy:\n  url: http://a\n  balance: least-pendin\n',
      '3:12  "balance" must be "round-robin" or "least-pending", not "least-pendin" (did you mean "least-pending"?)',
    ],
    ...['circuit', 'retry', 'bulkhead', 'ejection'].map((key): [string, string] => [
      `legacy:\n  url: http://a\n  ${key}: on\n`,
      `3:${key.length + 5}  "${key}" must be off, or a map, not "on"`,
    ]),
    ['legacy:\n  url: http://a\n  health: {}\n', '3:11  "path" is missing'],
    [
      'legacy:\n  url: http://a\n  retry: { backoff: 2s..1s }\n',
      '3:21  "backoff" must be two durations such as 100ms..2s, the longer one last, not "2s..1s"',
    ],
    [
      'legacy:\n  url: http://a\n  discover: dsn\n',
      '3:13  "discover" must be static, dns or { file: PATH }, not "dsn" (did you mean "dns"?)',
    ],
    ['legacy:\n  url: http://a\n  circuit: { rate: 101% }\n', '3:20  "rate" must be from 0% to 100%, not "101%"'],
    ['legacy:\n  url: http://a\n  timeout: 5s\n', '3:12  "timeout" must be a map, not "5s"'],
    ['legacy:\n  url: http://a\n  timeout: { conect: 5s }\n', '3:14  unknown key "conect" (did you mean "connect"?)'],
    ['legacy:\n  url: https://a\n  tls: { ca: ca.pem }\n', '3:14  "ca.pem" cannot be read: there is no such file'],
    [
      'legacy:\n  url: https://a\n  tls: { verify: false }\n',
      '3:18  warning: certificates are not verified: anyone in between can answer',
    ],
    ['legacy:\n  url: http://a\n  tls: { verify: true }\n', '3:3  warning: "tls" has no effect on http:// URLs'],
    [
      `${legacy}\nservices:\n  a: { url: http://b, writes: shard }\n`,
      '3:31  "writes" must be "shared", "synced" or "separate", not "shard" (did you mean "shared"?)',
    ],
  ],
  routes: [
    [withRoutes('  - 5'), '7:5  "routes" must be a map, not 5'],
    [withRoutes('  - id: a', '    service: orders'), '7:5  "match" is missing'],
    [withRoutes('  - match: GET /a'), '7:5  "service" is missing'],
    [withRoutes('  - match: GET /a', '    service: oders'), '8:14  unknown service "oders" (did you mean "orders"?)'],
    [
      withRoutes('  - match: GET /a', '    service: legacy'),
      '8:14  "legacy" is not a service; a route that stays names its future service and percent: 0',
    ],
    [
      withRoutes('  - { match: /a, service: orders, perecnt: 5 }'),
      '7:35  unknown key "perecnt" (did you mean "percent"?)',
    ],
    [
      withRoutes('  - match: /a', '    service: orders', '    percent: 0', '    rollout: { percent: 5 }'),
      '10:16  unknown key "percent"',
    ],
    ...[
      ['errors: 0.5', '"errors" is written +0.5%'],
      ['errors: 101%', '"errors" must be off, or a number from +0% to +100%, not "101%"'],
      ['p99: 1.2', '"p99" is written 1.2x'],
      ['p99: 0.9x', '"p99" must be off, or a number from 1x to 1000x, not "0.9x"'],
      ['match: most', '"match" must be off, or a number from 0% to 100%, not "most"'],
    ].map(([gate, said]): [string, string] => [
      withRoutes('  - match: /a', '    service: orders', '    percent: 0', `    rollout: { gates: { ${gate} } }`),
      `10:${27 + gate!.indexOf(':')}  ${said}`,
    ]),
    [
      withRoutes('  - { match: 5, service: orders }'),
      '7:14  "match" must be "METHOD /path", a map, or a list of those, not 5',
    ],
    [withRoutes('  - { match: [], service: orders }'), '7:14  "match" must not be an empty list'],
    [withRoutes('  - { match: [/a, 5], service: orders }'), '7:19  "match" must be "METHOD /path" or a map, not 5'],
    [withRoutes('  - { match: GET, service: orders }'), '7:14  "GET" is not "METHOD /path"'],
    [
      withRoutes('  - { match: "get /a", service: orders }'),
      '7:14  "match" takes methods in capitals, not "get" (did you mean "GET"?)',
    ],
    [withRoutes('  - { match: "GET, /a", service: orders }'), '7:14  "match" lacks a method beside a comma'],
    [withRoutes('  - { match: "G@T /a", service: orders }'), '7:14  "G@T" is not a method'],
    [
      withRoutes('  - { match: { method: GET }, service: orders }'),
      '7:16  unknown key "method" (did you mean "methods"?)',
    ],
    [
      withRoutes('  - { match: { methods: [get] }, service: orders }'),
      '7:26  "methods" takes methods in capitals, not "get" (did you mean "GET"?)',
    ],
    [
      withRoutes('  - { match: [GET /a, { pth: /b }], service: orders }'),
      '7:25  unknown key "pth" (did you mean "path"?)',
    ],
    [
      withRoutes('  - { match: { host: "a.b:80" }, service: orders }'),
      '7:22  "a.b:80" is not a host name or *.example.com; leave the port out',
    ],
    [
      withRoutes('  - { match: { headers: { "a b": x } }, service: orders }'),
      '7:27  "a b" is not the name of a header',
    ],
    [
      withRoutes('  - { match: { query: { a: 5 } }, service: orders }'),
      '7:28  "a" must be text; quote numbers, true and false, not 5',
    ],
    [
      withRoutes('  - { match: "/a/:x/:x", service: orders }'),
      '7:14  "/a/:x/:x" is not a valid path: :x is used twice (character 7)',
    ],
    [
      withRoutes('  - { match: BREW /a, service: orders }'),
      '7:14  warning: no request has the method "BREW": the parser refuses it',
    ],
    [withRoutes('  - { match: TRACE /a, service: orders }'), '7:14  warning: TRACE is never forwarded'],
    [
      withRoutes('  - { id: a b, match: /a, service: orders }'),
      '7:11  "a b" is not a route id: letters, digits, ".", "_" and "-", at most 100',
    ],
    [
      withRoutes('  - { id: orders, match: /a, service: orders }'),
      '7:11  the id "orders" is also the name of a service',
    ],
    [withRoutes('  - { id: legacy, match: /a, service: orders }'), '7:11  no route can be called "legacy"'],
    [
      withRoutes('  - { id: a, match: /a, service: orders }', '  - { id: a, match: /b, service: orders }'),
      '8:11  the id "a" is taken by the route in line 7',
    ],
    [
      withRoutes('  - { match: GET /a/b, service: orders }', '  - { match: GET /a-b, service: orders }'),
      '8:5  the id made from the match, "get-a-b", is taken by the route in line 7',
    ],
    ...[
      ['101', '"percent" must be from 0 to 100, not 101'],
      ['-1', '"percent" must be from 0 to 100, not -1'],
      ['.nan', '"percent" must be from 0 to 100, not NaN'],
      ['5.001', '"percent" has at most two decimals (there are 10,000 buckets), not 5.001'],
      ['50%', '"percent" is written without the % sign'],
      ['half', '"percent" must be a number from 0 to 100, not "half"'],
    ].map(([written, said]): [string, string] => [
      withRoutes('  - match: GET /a', '    service: orders', `    percent: ${written}`),
      `9:14  ${said}`,
    ]),
    [withRoutes('  - match: GET /a', '    service: orders', '    percent:'), '9:5  "percent" is empty'],
    [
      withRoutes('  - { match: /a/:id, service: orders, rewrite: /:idd }'),
      '7:48  ":idd" is not in the path "/a/:id" (did you mean "id"?)',
    ],
    [withRoutes('  - { match: [/a/:id, /b], service: orders, rewrite: /:id }'), '7:54  ":id" is not in the path "/b"'],
    [withRoutes('  - { match: /a, service: orders, rewrite: /b/* }'), '7:44  a final "*" is not in the path "/a"'],
    [
      withRoutes('  - { match: /a, service: orders, rewrite: b }'),
      `7:44  "b" is not a valid path: a path begins with '/' (character 1)`,
    ],
    [
      withRoutes('  - { match: /a, service: orders, fallback: no }'),
      '7:45  "fallback" must be none or { on: [502, 503, 504] }, not "no"',
    ],
    [
      withRoutes('  - { match: /a, service: orders, fallback: [502] }'),
      '7:45  "fallback" must be none or { on: [502, 503, 504] }, not a list',
    ],
    [
      withRoutes('  - { match: /a, service: orders, fallback: { on: [200] } }'),
      '7:52  "on" must be a whole number from 400 to 599, not 200',
    ],
    [withRoutes('  - { match: /a, service: orders, legacy: gone }'), '7:43  "legacy" must be "retired", not "gone"'],
    [
      withRoutes('  - { match: /a, service: orders, legacy: retired, percent: 5 }'),
      '7:61  legacy is retired here, so percent is 100, not 5',
    ],
    [
      withRoutes('  - { match: /a, service: orders, legacy: retired, fallback: { on: [502] } }'),
      '7:52  legacy is retired here: there is no fallback',
    ],
    [
      withRoutes('  - { match: "GET,POST /a", service: stock, percent: 5 }'),
      '7:54  warning: 5 % splits POST between legacy and "stock", whose data is separate: ' +
        'neither sees what the other writes (writes: shared or synced says otherwise)',
    ],
    [withRoutes('  - { match: "GET,HEAD,OPTIONS,PROPFIND,SEARCH,QUERY /a", service: stock, percent: 5 }')],
    [
      withRoutes('  - { id: all, match: /a/*, service: orders }', '  - { match: GET /a/b, service: orders }'),
      '8:14  warning: this route can never match: the route "all" in line 7 takes everything first',
    ],
  ],
};

describe.each(Object.entries(table))('a problem with %s', (_, rows) => {
  it.each(rows)('%j', (text, ...said) => {
    expect(problemsOf(text)).toEqual(said);
  });
});

describe('problems', () => {
  it('come all at once, in the order of the file', () => {
    const text = [
      'version: 3',
      'listen: { prt: 80 }',
      'legacy: { url: http://a, compose: {} }',
      'services:',
      '  orders: { timeout: { response: 5 } }',
      'routes:',
      '  - { id: x, match: GET /a, service: oders, percent: 101 }',
      '  - { id: x, match: get /b, servce: orders, rewrite: /:c }',
      '  - { id: orders, match: /c/:d, service: orders, rewrite: /:c }',
      'debug: ${DEBUG}',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      '1:10  "version" must be 1, not 3',
      '2:11  unknown key "prt" (did you mean "port"?)',
      '3:26  unknown key "compose"',
      '5:11  "orders" needs "url" or "urls"',
      '5:34  "response" needs a unit: 5ms or 5s',
      '7:38  unknown service "oders" (did you mean "orders"?)',
      '7:54  "percent" must be from 0 to 100, not 101',
      '8:5  "service" is missing',
      '8:11  the id "x" is taken by the route in line 7',
      '8:21  "match" takes methods in capitals, not "get" (did you mean "GET"?)',
      '8:29  unknown key "servce" (did you mean "service"?)',
      '9:11  the id "orders" is also the name of a service',
      '9:59  ":c" is not in the path "/c/:d"',
      '10:8  the environment variable DEBUG is not set (${DEBUG:-default} would give it a default)',
    ]);
  });

  it('are printed as editors and terminals link to them', () => {
    const place = { line: 14, column: 7, message: 'unknown service "oders"' } as const;
    expect(formatProblem({ file: './routes.yaml', severity: 'error', ...place })).toBe(
      'routes.yaml:14:7  unknown service "oders"',
    );
    expect(formatProblem({ file: '/etc/r.yaml', severity: 'warning', ...place })).toBe(
      '/etc/r.yaml:14:7  warning: unknown service "oders"',
    );
  });

  it('carry the value as it is written, but no secret', () => {
    const reading = read(`${legacy}\ndebug: "yes"\nadmin: { token: [hush] }\nstate: redis://u:hush@h\n`);
    const problems = reading.ok ? [] : reading.problems;
    expect(problems.map((problem) => problem.value)).toEqual(['"yes"', undefined, 'redis://…@h']);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it.each([
    'redis://u:hu/sh@h',
    'redis://u:hu sh@h',
    'redis://u:hu@sh@[h',
    'rediss:/u:hush@h',
    'redis:u:hush@h',
    `redis://u:${'x'.repeat(300)}@h:99999`,
  ])('show no credentials of a bus that is wrong: %s', (bus) => {
    const reading = read(`${legacy}\nevents: { bus: "${bus}" }\n`);
    const problems = reading.ok ? [] : reading.problems;
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toMatch(/hu|sh@|xx/);
  });

  it('cannot repaint a terminal or forge a line', () => {
    const [said] = problemsOf(`${legacy}\nroutes: [{ match: "\\e[31m\\nok", service: orders }]\n`);
    expect(said).toMatch(/^2:19 {2}"[^\p{Cc}]*" is not "METHOD \/path"$/u);
  });

  it('stay few when aliases multiply', () => {
    const rows = Array.from({ length: 12 }, (_, row) => {
      return `a${row + 1}: &a${row + 1} [${Array(10).fill(`*a${row}`).join(', ')}]`;
    });
    expect(problemsOf(['a0: &a0 [x]', ...rows].join('\n'))[0]).toBe('1:1  the aliases of this file add up to too much');
  });

  it('name any unknown key, wherever it stands', () => {
    const places = [
      (key: string) => `${key}: 1\n${legacy}\n`,
      (key: string) => `legacy: { url: http://a, ${key}: 1 }\n`,
      (key: string) => `${legacy}\nlisten: { timeout: { ${key}: 1 } }\n`,
      (key: string) => withRoutes(`  - { match: /a, service: orders, ${key}: 1 }`),
      (key: string) => withRoutes(`  - { match: [{ path: /a, ${key}: 1 }], service: orders }`),
      (key: string) => withRoutes(`  - { match: /a, service: orders, fallback: { ${key}: 1 } }`),
    ];
    const key = fc.stringMatching(/^[a-z]{1,12}$/).map((name) => `${name}Zz`);
    fc.assert(
      fc.property(key, fc.constantFrom(...places), (name, place) => {
        const said = problemsOf(place(name));
        expect(said).toHaveLength(1);
        expect(said[0]).toContain(`unknown key "${name}"`);
      }),
    );
  });
});
