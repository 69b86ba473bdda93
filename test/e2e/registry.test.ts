import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { run, type Served, serve, succeed } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace } from './stage/place.ts';
import { describeWith, file, program } from './stage/programs.ts';

const verdaccio = file(
  join(import.meta.dirname, 'apps/node_modules/verdaccio/bin/verdaccio'),
  'npm ci --ignore-scripts --prefix test/e2e/apps',
);
const npm = program('npm', 'comes with Node');
const curl = program('curl', 'apt-get install curl');

describeWith([verdaccio, npm, curl], 'npm and its registry', () => {
  const place = makePlace('registry');
  const payload = randomBytes(1_500_000);
  let server: Served;
  let front: Front;

  beforeAll(async () => {
    const port = await freePort();
    const configuration = place.of('verdaccio.yaml');
    writeFileSync(
      configuration,
      [
        `storage: ${place.of('storage')}`,
        `auth: { htpasswd: { file: ${place.of('htpasswd')}, max_users: 10 } }`,
        'uplinks: {}',
        "packages: { '**': { access: $all, publish: $authenticated, unpublish: $authenticated } }",
        'log: { type: stdout, format: pretty, level: warn }',
        'web: { enable: false }',
        '',
      ].join('\n'),
    );
    server = await serve(port, process.execPath, [verdaccio.path!, '-c', configuration, '-l', `127.0.0.1:${port}`], {
      env: { HOME: place.path },
      cwd: place.path,
    });
    front = await inFrontOf(port);
    await logIn();
    newPackage('1.0.0');
  });

  afterAll(async () => {
    await front?.close();
    await server?.stop();
    place.remove();
  });

  test('npm publishes, and installs the same bytes', async () => {
    await npmIn('package', 'publish');
    mkdirSync(place.of('project'));
    writeFileSync(place.of('project', 'package.json'), '{ "name": "project", "private": true }');
    await npmIn('project', 'install', '@e2e/parcel');
    expect(readFileSync(place.of('project', 'node_modules/@e2e/parcel/payload.bin')).equals(payload)).toBe(true);
    const lock = JSON.parse(readFileSync(place.of('project', 'package-lock.json'), 'utf8'));
    // The registry names itself in its answers as its caller knows it: by the proxy's address.
    expect(lock.packages['node_modules/@e2e/parcel'].resolved).toBe(`${front.url}/@e2e/parcel/-/parcel-1.0.0.tgz`);
  });

  test('metadata and tarball are the same before the proxy and behind it', async () => {
    for (const path of ['@e2e%2fparcel', '@e2e/parcel/-/parcel-1.0.0.tgz', '@e2e%2fnothing', '-/ping']) {
      const [direct, proxied] = await Promise.all([fetched(server.url, path), fetched(front.url, path)]);
      expect(proxied).toEqual(direct);
    }
  });

  test('npm moves a dist-tag, searches, deprecates, and is refused a version that exists', async () => {
    newPackage('1.1.0');
    await npmIn('package', 'publish', '--tag', 'next');
    await npmIn('package', 'dist-tag', 'add', '@e2e/parcel@1.1.0', 'stable');
    expect((await npmIn('package', 'dist-tag', 'ls', '@e2e/parcel')).trim().split('\n').sort()).toEqual([
      'latest: 1.0.0',
      'next: 1.1.0',
      'stable: 1.1.0',
    ]);
    const found = JSON.parse(await npmIn('project', 'search', '--json', 'parcel')) as { name: string }[];
    expect(found.map(({ name }) => name)).toEqual(['@e2e/parcel']);
    await npmIn('package', 'deprecate', '@e2e/parcel@1.1.0', 'too new');
    expect((await npmIn('package', 'view', '@e2e/parcel@1.1.0', 'deprecated')).trim()).toBe('too new');

    const again = await run('npm', ['publish'], { cwd: place.of('package'), env: environment() });
    expect(again.code).not.toBe(0);
    expect(again.stderr).toMatch(/E409|previously published|already present/);
  });

  /** `npm login` wants a terminal; this is the request that it would make. */
  async function logIn(): Promise<void> {
    const response = await fetch(`${front.url}/-/user/org.couchdb.user:dev`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'dev', password: 'secret-secret' }),
    });
    expect(response.status).toBe(201);
    const { token } = (await response.json()) as { token: string };
    writeFileSync(place.of('npmrc'), `registry=${front.url}/\n//127.0.0.1:${front.port}/:_authToken=${token}\n`);
  }

  function newPackage(version: string): void {
    mkdirSync(place.of('package'), { recursive: true });
    writeFileSync(place.of('package', 'package.json'), JSON.stringify({ name: '@e2e/parcel', version }));
    writeFileSync(place.of('package', 'payload.bin'), payload);
  }

  function environment(): Record<string, string> {
    return {
      HOME: place.path,
      npm_config_userconfig: place.of('npmrc'),
      npm_config_globalconfig: place.of('no-global-npmrc'),
      npm_config_cache: place.of('cache'),
      npm_config_update_notifier: 'false',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
    };
  }

  function npmIn(folder: string, ...args: string[]): Promise<string> {
    return succeed('npm', args, { cwd: place.of(folder), env: environment() });
  }

  /** Under one name for both: the registry writes the Host into its answers, and into their ETags with them. */
  async function fetched(base: string, path: string): Promise<string[]> {
    const { stdout } = await run('curl', ['-sS', '-i', '-H', 'Host: registry.example', `${base}/${path}`]);
    const lines = stdout.toString('latin1').split('\r\n');
    return lines.filter((line) => !/^(date|connection|keep-alive|transfer-encoding):/i.test(line));
  }
});
