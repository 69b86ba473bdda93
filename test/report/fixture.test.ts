/** Exported mismatches are run as their readers run them: by vitest, against a service that has the mistake and one that has not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Example, ExampleAnswer } from '../../src/domain/evidence.ts';
import { type ComparisonRules, unshadowed } from '../../src/domain/shadow.ts';
import { fixtureOf } from '../../src/report/fixture/fixture.ts';
import { anExample } from './an-evidence.ts';
import { hostile } from './reported.ts';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

interface Said {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body: string;
}

/** A mismatch, what either side answered, and what the service answers once it is mended. */
interface Case {
  readonly mismatch: Example['mismatches'][number];
  readonly legacy: Said;
  readonly service: Said;
  readonly request?: Partial<Example['request']>;
}

const json = [['content-type', 'application/json']] as const;

const answerOf = ({ status = 200, headers = json, body }: Said): ExampleAnswer => ({
  status,
  headers: headers.flat(),
  body: body === '' ? null : body,
  left: body === '' ? 'empty' : null,
  milliseconds: 1,
});

const value = (
  path: string,
  legacy: string | null,
  service: string | null,
  kind: Case['mismatch']['kind'] = 'value',
) => ({
  kind,
  path,
  pattern: path,
  legacy,
  service,
});

const cases: Record<string, Case> = {
  value: {
    mismatch: value('$.items[0].total', '12.5', '12.49'),
    legacy: { body: '{"items":[{"total":12.5}],"at":"09:00"}' },
    service: { body: '{"items":[{"total":12.49}],"at":"09:01"}' },
  },
  missing: {
    mismatch: value('$.note', '{"by":"ada"}', null, 'missing'),
    legacy: { body: '{"note":{"by":"ada"}}' },
    service: { body: '{}' },
  },
  extra: {
    mismatch: value("$['odd key']", null, '1', 'extra'),
    legacy: { body: '{}' },
    service: { body: '{"odd key":1}' },
  },
  type: {
    mismatch: value('$.id', '"42"', '42', 'type'),
    legacy: { body: '{"id":"42"}' },
    service: { body: '{"id":42}' },
  },
  order: {
    mismatch: value('$.tags', '["a","b"]', '["b","a"]', 'order'),
    legacy: { body: '{"tags":["a","b"]}' },
    service: { body: '{"tags":["b","a"]}' },
  },
  digits: {
    mismatch: value('$.n', '9007199254740993', '9007199254740992'),
    legacy: { body: '{"n":9007199254740993,"r":0.12345678901234567890}' },
    service: { body: '{"n":9007199254740992,"r":0.12345678901234567890}' },
  },
  redacted: {
    mismatch: value('$.token', '"‹token 1›"', null, 'missing'),
    legacy: { body: '{"token":"‹token 1›"}' },
    service: { body: '{}' },
  },
  status: {
    mismatch: value('status', '404', '200', 'status'),
    legacy: { status: 404, body: '{}' },
    service: { body: '{}' },
  },
  header: {
    mismatch: value('header:location', '"/orders/1"', '"/orders/2"', 'header'),
    legacy: { status: 302, headers: [['Location', '/orders/1']], body: '' },
    service: { status: 302, headers: [['location', '/orders/2']], body: '' },
  },
  cookie: {
    mismatch: value('header:set-cookie:session', '"session; httponly; path=/"', '"session; path=/"', 'header'),
    legacy: {
      headers: [
        ['set-cookie', 'theme=a'],
        ['set-cookie', 'session=‹redacted 1›; Path=/; HttpOnly'],
      ],
      body: '{}',
    },
    service: { headers: [['set-cookie', 'session=1; Path=/']], body: '{}' },
  },
  line: {
    mismatch: { ...value('body:2', '"  <h1>Orders</h1>"', '"<h1>Order</h1>"'), pattern: 'body' },
    legacy: { headers: [['content-type', 'text/html']], body: '<html>\n  <h1>Orders</h1>\n</html>' },
    service: { headers: [['content-type', 'text/html']], body: '<html>\n<h1>Order</h1>\n</html>' },
  },
  plain: {
    mismatch: value('body:1', '"a  b"', '"a b"'),
    legacy: { headers: [['content-type', 'text/plain']], body: 'a  b' },
    service: { headers: [['content-type', 'text/plain']], body: 'a b' },
  },
  'content-type': {
    mismatch: value('header:content-type', '"application/json; charset=utf-8"', '"text/html"', 'header'),
    legacy: { headers: [['content-type', 'application/json;charset=UTF-8']], body: '{}' },
    service: { headers: [['content-type', 'text/html']], body: '{}' },
  },
  element: {
    mismatch: value('$.items[1]', '{"sku":"B"}', null, 'missing'),
    legacy: { body: '{"items":[{"sku":"A"},{"sku":"B"},{"sku":"C"}]}' },
    service: { body: '{"items":[{"sku":"A"},{"sku":"C"}]}' },
  },
  empty: {
    mismatch: value('$', '{"id":1}', null, 'missing'),
    legacy: { body: '{"id":1}' },
    service: { body: '' },
  },
  long: {
    mismatch: value('$.text', `"${'x'.repeat(256)}… (cut: 302 bytes)`, `"${'x'.repeat(256)}… (cut: 303 bytes)`),
    legacy: { body: `{"text":"${'x'.repeat(300)}"}` },
    service: { body: `{"text":"${'x'.repeat(301)}"}` },
  },
  tolerance: {
    mismatch: value('$.rough', '10', '12'),
    legacy: { body: '{"rough":10}' },
    service: { body: '{"rough":12}' },
  },
  ignored: {
    mismatch: value('$.meta', '{"at":1}', null, 'missing'),
    legacy: { body: '{"meta":{"at":1}}' },
    service: { body: '{}' },
  },
  post: {
    mismatch: value('$.ok', 'true', 'false'),
    legacy: { body: '{"ok":true}' },
    service: { body: '{"ok":false}' },
    request: {
      method: 'POST',
      body: '{"quantity":2}',
      headers: ['content-type', 'application/json', 'Cookie', '‹redacted 1›'],
    },
  },
};

// What callers and targets wrote stands in a program of somebody else's now.
for (const [index, text] of hostile.entries()) {
  const name = JSON.stringify(text.replaceAll(/\ud800/g, ''));
  cases[`hostile-${index}`] = {
    mismatch: value('$.said', name, '1'),
    legacy: { body: `{"said":${name}}` },
    service: { body: '{"said":1}' },
    request: {
      url: `/a?${encodeURIComponent(text.replaceAll(/\ud800/g, ''))}`,
      headers: [text, text, '*/ alert(1)', '*/'],
    },
  };
}

const rules: ComparisonRules = {
  ...unshadowed.rules,
  ignore: ['$.meta.at'],
  tolerance: [{ at: '$.rough', by: { kind: 'absolute', value: 0.5 } }],
};

let folder: string;
let mended = false;
const asked: { method: string; body: string }[] = [];

const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
  const name = new URL(request.url!, 'http://x').pathname.slice(1);
  let body = '';
  for await (const chunk of request) body += chunk;
  asked.push({ method: request.method!, body });
  const { legacy, service } = cases[name]!;
  const said = mended ? legacy : service;
  // The real service has the secret itself.
  const real = (text: string): string => text.replaceAll('‹token 1›', 'tok').replaceAll('‹redacted 1›', 'sec');
  response.statusCode = said.status ?? 200;
  for (const [header, text] of said.headers ?? json) response.appendHeader(header, real(text));
  response.end(real(said.body));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-fixture-'));
  await symlink(modules, join(folder, 'node_modules'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const [name, { mismatch, legacy, service, request }] of Object.entries(cases)) {
    const example = anExample({
      request: { ...anExample().request, ...request },
      legacy: answerOf(legacy),
      service: answerOf(service),
      mismatches: [mismatch],
    });
    const cluster = { id: '0123abcd', kind: mismatch.kind, pattern: mismatch.pattern };
    const fixture = fixtureOf([example], {
      route: '*/ x\n',
      cluster,
      rules,
      target: (url) => `/${name}${url.slice(url.indexOf('?'))}`,
    });
    if (!fixture.ok) throw new Error(`${name}: ${fixture.why}`);
    await writeFile(join(folder, `${name}.test.ts`), fixture.text);
  }
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Which of the files failed. */
async function run(): Promise<{ failed: string[]; passed: string[] }> {
  const report = join(folder, 'results.json');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { VITEST: _1, VITEST_WORKER_ID: _2, VITEST_POOL_ID: _3, NODE_OPTIONS: _4, ...env } = process.env;
  const arguments_ = [
    'run',
    '--root',
    folder,
    '--maxWorkers=1',
    '--no-isolate',
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  const child = spawn(process.execPath, [join(modules, 'vitest/vitest.mjs'), ...arguments_], {
    env: { ...env, SERVICE_URL: url },
    stdio: 'ignore',
  });
  await once(child, 'exit');
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    testResults: { name: string; assertionResults: { status: string; failureMessages: string[] }[] }[];
  };
  const named = (wanted: string): string[] =>
    testResults
      .filter(({ assertionResults }) => assertionResults.length === 1 && assertionResults[0]!.status === wanted)
      .map(({ name }) => name.slice(name.lastIndexOf('/') + 1, -'.test.ts'.length))
      .sort();
  return { failed: named('failed'), passed: named('passed') };
}

describe('an exported mismatch', () => {
  const all = Object.keys(cases).sort();

  it('fails against the service that has it, and passes against the one that has been mended', {
    timeout: 120_000,
  }, async () => {
    mended = false;
    expect(await run()).toEqual({ failed: all, passed: [] });
    mended = true;
    expect(await run()).toEqual({ failed: [], passed: all });
    expect(asked).toContainEqual({ method: 'POST', body: '{"quantity":2}' });
  });

  it('says what was redacted, and sends none of it', async () => {
    const text = await readFile(join(folder, 'post.test.ts'), 'utf8');
    expect(text).toContain('Redacted, to be filled in if the service needs it: the header Cookie.');
    expect(text).toMatch(/headers: \[\["content-type","application\/json"\]\]/);
  });

  it('is refused, with the reason, where no test could tell', () => {
    const why = (mismatch: Case['mismatch'], legacy = '{}', service = '{}', more = {}): string => {
      const example = anExample({
        legacy: { ...answerOf({ body: legacy }), ...more },
        service: answerOf({ body: service }),
        mismatches: [mismatch],
      });
      const cluster = { id: '0123abcd', kind: mismatch.kind, pattern: mismatch.pattern };
      const fixture = fixtureOf([example], { route: 'x', cluster, target: (url) => url, rules });
      return fixture.ok ? fixture.text : fixture.why;
    };
    expect(why(value('$.t', '"‹token 1›"', '"‹token 2›"'), '{"t":"‹token 1›"}', '{"t":"‹token 2›"}')).toBe(
      'what differs was redacted',
    );
    expect(why(value('body', null, null, 'size'))).toContain('was not kept');
    expect(why(value('body', '"2 bytes"', '"not decoded: an unknown content coding"', 'type'))).toBe(
      "the service's body could not be decoded",
    );
    const cookies = { headers: ['set-cookie', 'a=1; Path=/', 'set-cookie', 'a=1; Path=/x'] };
    expect(why(value('header:set-cookie:a', '"a; path=/x"', null, 'header'), '{}', '{}', cookies)).toBe(
      'there are several cookies of that name',
    );
    expect(why(value("$['‹e-mail 1›'].a", '1', '2'))).toContain('a key on the way to it was redacted');
    expect(why(value('$.a', '0.1', '0.1000000000000000055'), '{"a":0.1}', '{"a":0.1000000000000000055}')).toContain(
      'digits',
    );
    expect(why(value('$.a[0]', '1', '2'), '{"a":[1,2]}', '{"a":[9,2]}')).toContain(
      'a list is not compared place by place',
    );
    const cluster = { id: '0123abcd', kind: 'value', pattern: '$.x' } as const;
    expect(fixtureOf([anExample()], { route: 'x', cluster, target: (url) => url, rules })).toEqual({
      ok: false,
      why: 'no example of it was kept',
    });
  });
});
