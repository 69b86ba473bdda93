import { mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { formatProblem, loadSettings } from '../../src/config/load.ts';
import { folder, routesFile } from './folder.ts';
import { problemsOf, settingsOf } from './reading.ts';
import { selfSigned } from './self-signed.ts';

const valid = 'legacy: { url: http://127.0.0.1:3000 }\n';

async function problemsIn(file: string): Promise<readonly string[]> {
  const loaded = await loadSettings(file, {});
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

describe('loading a file', () => {
  it('gives its settings, its text and when it was changed', async () => {
    const file = routesFile(valid);
    const loaded = await loadSettings(file, {});
    expect(loaded).toMatchObject({ ok: true, warnings: [], text: valid, modifiedAt: statSync(file).mtimeMs });
  });

  it('says what keeps it from being read', async () => {
    const place = folder();
    const missing = join(place, 'routes.yaml');
    expect(await problemsIn(missing)).toEqual([`${missing}:1:1  cannot be read: there is no such file`]);
    mkdirSync(missing);
    expect(await problemsIn(missing)).toEqual([`${missing}:1:1  cannot be read: it is a directory`]);
  });

  it('refuses what is not UTF-8, and what is far too large', async () => {
    const latin = routesFile(Buffer.from('# caf\xe9\n', 'latin1'));
    expect(await problemsIn(latin)).toEqual([`${latin}:1:1  is not UTF-8 text`]);
    const huge = routesFile(valid);
    truncateSync(huge, 5 * 1024 * 1024);
    expect(await problemsIn(huge)).toEqual([`${huge}:1:1  is larger than 4 MiB`]);
  });

  it('does not mind a byte order mark or Windows line ends', async () => {
    const file = routesFile('\ufefflegacy:\r\n  url: http://127.0.0.1:3000\r\n  hots: target\r\n');
    expect(await problemsIn(file)).toEqual([`${file}:3:3  unknown key "hots" (did you mean "host"?)`]);
  });

  it('finds relative paths beside the file, where the link stands', async () => {
    const target = routesFile(valid);
    const link = join(folder(), 'routes.yaml');
    symlinkSync(target, link);
    const loaded = await loadSettings(link, {});
    expect(loaded.ok && loaded.settings.state).toEqual({
      kind: 'sqlite',
      path: join(dirname(link), '.strangler/state.db'),
    });
  });

  it('has a digest of the file and everything that it names', async () => {
    const place = folder();
    const file = join(place, 'routes.yaml');
    writeFileSync(file, 'legacy: { url: "https://a", tls: { ca: ca.pem } }\n');
    const digests = new Set<string>();
    for (const certificate of [rootCertificates[0]!, rootCertificates[1]!, 'no certificate']) {
      writeFileSync(join(place, 'ca.pem'), certificate);
      const loaded = await loadSettings(file, {});
      expect(loaded.references).toEqual([join(place, 'ca.pem')]);
      digests.add(loaded.digest);
      expect((await loadSettings(file, {})).digest).toBe(loaded.digest);
    }
    expect(digests.size).toBe(3);
  });
});

describe('certificates and keys', () => {
  const { cert, key } = selfSigned();
  const other = selfSigned();
  const files: Record<string, string> = {
    '/etc/strangler/cert.pem': cert,
    '/etc/strangler/key.pem': key,
    '/keys/other.pem': other.key,
    '/etc/strangler/junk.pem': 'junk',
  };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'EACCES' });
    return text;
  };
  const listening = (certPath: string, keyPath: string) =>
    `legacy: { url: http://a }\nlisten: { tls: { cert: ${certPath}, key: ${keyPath} } }\n`;

  it('are read from beside the file', () => {
    expect(settingsOf(listening('cert.pem', './key.pem'), {}, readFile).listen.tls).toEqual({ cert, key });
    const trusting = 'legacy: { url: "https://a", tls: { ca: cert.pem, servername: old.example } }\n';
    expect(settingsOf(trusting, {}, readFile).legacy.tls).toEqual({
      ca: cert,
      servername: 'old.example',
      verify: true,
    });
  });

  it('have to be there, be PEM and belong together', () => {
    expect(problemsOf(listening('gone.pem', 'junk.pem'), {}, readFile)).toEqual([
      '2:24  "gone.pem" cannot be read: permission denied',
      '2:39  "key" holds no PEM private key without a passphrase',
    ]);
    expect(problemsOf(listening('key.pem', 'key.pem'), {}, readFile)).toEqual([
      '2:24  "cert" holds no PEM certificate',
    ]);
    expect(problemsOf(listening('cert.pem', '/keys/other.pem'), {}, readFile)).toEqual([
      '2:39  "key" does not belong to the certificate',
    ]);
    expect(problemsOf('legacy: { url: "https://a", tls: { ca: junk.pem } }\n', {}, readFile)).toEqual([
      '1:40  "ca" holds no PEM certificate',
    ]);
  });
});
