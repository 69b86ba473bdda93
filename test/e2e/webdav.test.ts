import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apache, apacheModules, startApache } from './stage/apache.ts';
import { run, type Served, succeed } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace } from './stage/place.ts';
import { describeWith, program } from './stage/programs.ts';

const litmus = program('litmus', 'apt-get install litmus');
const cadaver = program('cadaver', 'apt-get install cadaver');

/** litmus' suites; `largefile` is left out, as it only asks for disk. */
const suites = 'basic copymove props locks http';

describeWith([apache, apacheModules, litmus, cadaver], 'WebDAV on Apache', () => {
  const place = makePlace('webdav');
  let server: Served;
  let front: Front;

  beforeAll(async () => {
    mkdirSync(place.of('htdocs', 'dav'), { recursive: true });
    server = await startApache(place, '<Location /dav>\n  DAV On\n</Location>');
    front = await inFrontOf(server.port);
  });

  afterAll(async () => {
    await front?.close();
    await server?.stop();
    place.remove();
  });

  test('litmus finds the same behind the proxy as before it', async () => {
    const direct = await litmusReport(`${server.url}/dav/`);
    const proxied = await litmusReport(`${front.url}/dav/`);
    expect(direct.split('\n').filter((line) => / pass$/.test(line)).length).toBeGreaterThan(60);
    expect(proxied).toBe(direct);
  });

  test('cadaver makes collections, uploads, renames, copies, locks and downloads', async () => {
    const upload = place.of('upload.bin');
    const download = place.of('download.bin');
    writeFileSync(upload, randomBytes(3 * 1024 * 1024));
    const script = [
      `open ${front.url}/dav/`,
      'mkcol box',
      'cd box',
      `put ${upload} a.bin`,
      'move a.bin "b c.bin"',
      'copy "b c.bin" d.bin',
      'lock d.bin',
      'propset d.bin colour green',
      'propget d.bin colour',
      'unlock d.bin',
      'ls',
      `get d.bin ${download}`,
      'delete "b c.bin"',
      'quit',
    ];
    const { stdout, stderr } = await run(cadaver.path!, [], {
      input: Buffer.from(`${script.join('\n')}\n`),
      env: { HOME: place.path },
      cwd: place.path,
    });
    const told = stdout.toString() + stderr;
    expect(told).not.toMatch(/failed|error/i);
    expect(told).toContain('green');
    expect(sha256(readFileSync(download))).toBe(sha256(readFileSync(upload)));
    const left = await succeed('curl', ['-sS', '-X', 'PROPFIND', '-H', 'Depth: 1', `${server.url}/dav/box/`]);
    expect([...left.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href]) => href).sort()).toEqual([
      '/dav/box/',
      '/dav/box/d.bin',
    ]);
  });

  async function litmusReport(url: string): Promise<string> {
    const { stdout, stderr } = await run(litmus.path!, ['--keep-going', url], {
      cwd: place.path,
      env: { TESTS: suites, HTDOCS: '/usr/share/litmus/htdocs', TESTROOT: '/usr/libexec/litmus' },
    });
    // A test's line is written over its own progress: the last text after a carriage return is the verdict.
    return (stdout.toString() + stderr)
      .split('\n')
      .map((line) => line.split('\r').filter(Boolean).at(-1) ?? '')
      .join('\n')
      .replaceAll(new URL(url).host, 'host');
  }
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
