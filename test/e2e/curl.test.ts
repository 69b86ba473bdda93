import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apache, apacheModules, startApache } from './stage/apache.ts';
import { run, type Served } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace } from './stage/place.ts';
import { describeWith, program } from './stage/programs.ts';

const curl = program('curl', 'apt-get install curl');

const varyingFields = /^(date|connection|keep-alive|transfer-encoding):/i;
const varyingFieldsOfScripts = /^(date|connection|keep-alive|transfer-encoding|content-length):/i;

describeWith([curl, apache, apacheModules], 'curl against Apache', () => {
  const place = makePlace('curl');
  const big = randomBytes(2 * 1024 * 1024);
  let server: Served;
  let front: Front;

  beforeAll(async () => {
    mkdirSync(place.of('htdocs', 'sub'), { recursive: true });
    mkdirSync(place.of('htdocs', 'dav'));
    mkdirSync(place.of('cgi'));
    writeFileSync(place.of('htdocs', 'page.html'), `<p>${'Straße '.repeat(2_000)}</p>`);
    writeFileSync(place.of('htdocs', 'big.bin'), big);
    writeFileSync(place.of('htdocs', 'empty.txt'), '');
    writeFileSync(place.of('big.bin'), big);
    // Apache gives a file that changed within the last second a weak ETag.
    const longAgo = new Date('2020-01-01T00:00:00Z');
    for (const name of ['page.html', 'big.bin', 'empty.txt']) utimesSync(place.of('htdocs', name), longAgo, longAgo);
    // The body is read whole first: Apache does not read a script's answer while it still writes to it.
    script('echo.sh', [
      'body=$(mktemp)',
      'cat > "$body"',
      'printf "Content-Type: application/octet-stream\\r\\n"',
      'printf "X-Method: $REQUEST_METHOD\\r\\nX-Length: $CONTENT_LENGTH\\r\\nX-Te: $HTTP_TRANSFER_ENCODING\\r\\n\\r\\n"',
      'cat "$body"',
      'rm "$body"',
    ]);
    script('login.sh', [
      'printf "Status: 303 See Other\\r\\nLocation: /cgi/home.sh?a=1%%2F2\\r\\n"',
      'printf "Set-Cookie: session=abc; Path=/; HttpOnly\\r\\nSet-Cookie: theme=dark; Path=/\\r\\n\\r\\n"',
    ]);
    script('home.sh', [
      'printf "Content-Type: text/plain\\r\\n\\r\\n%s" "$HTTP_COOKIE $QUERY_STRING $HTTP_HOST $HTTP_X_A $HTTP_X_B"',
    ]);
    server = await startApache(
      place,
      [
        `ScriptAlias /cgi/ ${place.of('cgi')}/`,
        'AddOutputFilterByType DEFLATE text/html',
        '<Location /dav>\n  DAV On\n</Location>',
        'Redirect 301 /old /page.html',
        '<Location /small>\n  LimitRequestBody 1000\n</Location>',
      ].join('\n'),
    );
    front = await inFrontOf(server.port);
  });

  afterAll(async () => {
    await front?.close();
    await server?.stop();
    place.remove();
  });

  const same: [title: string, args: string[]][] = [
    ['a page', ['URL/page.html']],
    ['a compressed page, decoded by curl', ['--compressed', 'URL/page.html']],
    ['a compressed page, as it is', ['-H', 'Accept-Encoding: gzip', 'URL/page.html']],
    ['an empty file', ['URL/empty.txt']],
    ['HEAD', ['-I', '-o', '/dev/null', 'URL/big.bin']],
    ['HTTP/1.0', ['--http1.0', 'URL/page.html']],
    ['HTTP/1.0 that would keep the connection', ['--http1.0', '-H', 'Connection: keep-alive', 'URL/empty.txt']],
    ['a file of 2 MiB', ['URL/big.bin']],
    ['one range', ['-r', '1000-1999', 'URL/big.bin']],
    ['the last bytes', ['-r', '-500', 'URL/big.bin']],
    ['a range that cannot be satisfied', ['-r', '99999999-', 'URL/big.bin']],
    ['a missing page', ['URL/missing']],
    ['a redirect', ['URL/old']],
    ['a redirect to the folder, with its own absolute link', ['URL/sub']],
    ['OPTIONS', ['-X', 'OPTIONS', 'URL/dav/']],
    ['OPTIONS *', ['-X', 'OPTIONS', '--request-target', '*', 'URL/']],
    ['an escaped, dotted path as it is', ['--path-as-is', 'URL/sub/../%70age.html']],
    ['a doubled slash', ['--path-as-is', 'URL//page.html']],
    ['an encoded slash, which Apache refuses', ['URL/sub%2Fpage.html']],
    ['a query of odd characters', ['URL/cgi/home.sh?a=%2F&b=[1]&c=|;+']],
    ['a small POST', ['-d', 'a=1&b=2', 'URL/cgi/echo.sh']],
    ['a form with a file', ['-F', 'name=x', '-F', 'file=@BIG;filename=x.bin', '-o', '/dev/null', 'URL/cgi/echo.sh']],
    ['a POST with no body', ['-X', 'POST', 'URL/cgi/echo.sh']],
    ['a POST with an empty body', ['-d', '', 'URL/cgi/echo.sh']],
    ['an upload of 2 MiB that curl announces', ['--data-binary', '@BIG', 'URL/cgi/echo.sh']],
    ['a DELETE with a body', ['-X', 'DELETE', '-d', 'why', 'URL/cgi/echo.sh']],
    ['a refusal of an announced large upload', ['--data-binary', '@BIG', 'URL/small/x']],
    ['a method that nobody knows there', ['-X', 'REPORT', 'URL/page.html']],
    ['many repeated headers', ['-H', 'X-A: 1', '-H', 'X-A: 2', '-H', 'X-B;', 'URL/cgi/home.sh']],
    ['a login that redirects and sets cookies', ['-L', '-b', '', 'URL/cgi/login.sh']],
  ];

  test.each(same)('answers alike: %s', async (_title, args) => {
    const direct = await ask(server.port, args);
    const proxied = await ask(front.port, args);
    expect(direct.head.length).toBeGreaterThan(0);
    expect(proxied.head).toEqual(direct.head);
    expect(proxied.body.equals(direct.body)).toBe(true);
    expect(proxied.code).toBe(direct.code);
  });

  test('takes an upload of unknown length', async () => {
    const answer = await ask(front.port, ['-T', '-', 'URL/dav/new.bin'], big);
    expect(answer.head).toContain('HTTP/1.1 201 Created');
    expect(readFileSync(place.of('htdocs', 'dav', 'new.bin')).equals(big)).toBe(true);
  });

  test('resumes a download that broke off', async () => {
    const part = place.of('part.bin');
    writeFileSync(part, big.subarray(0, 700_001));
    const { code } = await run('curl', ['-sS', '-C', '-', '-o', part, `${front.url}/big.bin`]);
    expect(code).toBe(0);
    expect(readFileSync(part).equals(big)).toBe(true);
  });

  test('revalidates by ETag and by date', async () => {
    const tag = place.of('etag');
    await run('curl', ['-sS', '--etag-save', tag, '-o', '/dev/null', `${front.url}/page.html`]);
    const byTag = await ask(front.port, ['--etag-compare', tag, 'URL/page.html']);
    expect(byTag.head[0]).toBe('HTTP/1.1 304 Not Modified');
    const byDate = await ask(front.port, ['-z', place.of('htdocs', 'page.html'), 'URL/page.html']);
    expect(byDate.head[0]).toBe('HTTP/1.1 304 Not Modified');
  });

  test('a large upload that the server refuses at once is not sent', async () => {
    const { stderr } = await run('curl', [
      '-sv',
      '-H',
      'Expect: 100-continue',
      '--expect100-timeout',
      '10',
      '-o',
      '/dev/null',
      '--data-binary',
      `@${place.of('big.bin')}`,
      `${front.url}/small/x`,
    ]);
    expect(stderr).toContain('< HTTP/1.1 413 ');
    expect(stderr).not.toContain('100 Continue');
    expect(stderr).not.toContain('We are completely uploaded');
  });

  interface Answered {
    readonly code: number | null;
    /** Status line and headers of every answer in turn. */
    readonly head: string[];
    readonly body: Buffer;
  }

  async function ask(port: number, args: string[], input?: Buffer): Promise<Answered> {
    const filled = args.map((arg) =>
      arg.replace('URL', `http://127.0.0.1:${port}`).replace('BIG', place.of('big.bin')),
    );
    const heads = place.of(`heads-${port}`);
    // A script's answer gets a Content-Length from Apache only where the script has ended by the time its head goes out.
    const fromScript = args.some((arg) => arg.includes('/cgi/'));
    const differs = fromScript ? varyingFieldsOfScripts : varyingFields;
    const options = input === undefined ? {} : { input };
    const { code, stdout } = await run('curl', ['-sS', '-g', '--max-time', '15', '-D', heads, ...filled], options);
    return {
      code,
      head: readFileSync(heads, 'latin1')
        .replaceAll(`127.0.0.1:${port}`, 'host')
        .split('\r\n')
        .filter((line) => !differs.test(line)),
      body: Buffer.from(stdout.toString('latin1').replaceAll(`127.0.0.1:${port}`, 'host'), 'latin1'),
    };
  }

  function script(name: string, lines: string[]): void {
    writeFileSync(place.of('cgi', name), ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(place.of('cgi', name), 0o755);
  }
});
