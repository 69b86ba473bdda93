import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apache, apacheModules, startApache } from './stage/apache.ts';
import { run, type Served, succeed } from './stage/child.ts';
import { type Front, inFrontOf } from './stage/front.ts';
import { makePlace } from './stage/place.ts';
import { describeWith, file, program } from './stage/programs.ts';

const git = program('git', 'apt-get install git');
const backend = file('/usr/lib/git-core/git-http-backend', 'apt-get install git');
const openssl = program('openssl', 'apt-get install openssl');

describeWith([apache, apacheModules, git, backend, openssl], 'git over smart HTTP', () => {
  const place = makePlace('git');
  const environment = {
    HOME: place.path,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
  };
  let server: Served;
  let front: Front;
  let remote: string;

  beforeAll(async () => {
    mkdirSync(place.of('repositories'));
    await gitIn(place.path, 'init', '--quiet', '--bare', '--initial-branch=main', place.of('repositories', 'shop.git'));
    const hash = await succeed('openssl', ['passwd', '-apr1', 'secret']);
    writeFileSync(place.of('users'), `dev:${hash}`);
    server = await startApache(
      place,
      [
        `SetEnv GIT_PROJECT_ROOT ${place.of('repositories')}`,
        'SetEnv GIT_HTTP_EXPORT_ALL 1',
        `ScriptAlias /git/ ${backend.path}/`,
        // Pushing needs a password: the client learns that by a 401.
        `<If "%{REQUEST_URI} =~ m#/git-receive-pack$# || %{QUERY_STRING} == 'service=git-receive-pack'">`,
        '  AuthType Basic',
        '  AuthName push',
        `  AuthUserFile ${place.of('users')}`,
        '  Require valid-user',
        '</If>',
      ].join('\n'),
    );
    front = await inFrontOf(server.port);
    remote = `http://dev:secret@127.0.0.1:${front.port}/git/shop.git`;
  });

  afterAll(async () => {
    await front?.close();
    await server?.stop();
    place.remove();
  });

  test('pushes a pack of several MiB in chunks, and clones the same commit back', async () => {
    const work = await newRepository('work');
    writeFileSync(`${work}/big.bin`, randomBytes(5 * 1024 * 1024));
    await commitAll(work, 'a big file');
    await gitIn(work, 'push', '--quiet', remote, 'HEAD:main');

    await gitIn(place.path, 'clone', '--quiet', remote, 'clone');
    expect(await headOf(place.of('clone'))).toBe(await headOf(work));
    expect(readFileSync(place.of('clone', 'big.bin')).equals(readFileSync(`${work}/big.bin`))).toBe(true);
    await gitIn(place.of('clone'), 'fsck', '--strict');
  });

  test('pushes when the client asks by Expect first', async () => {
    const work = place.of('work');
    writeFileSync(`${work}/second.bin`, randomBytes(3 * 1024 * 1024));
    await commitAll(work, 'behind an Expect');
    const told = await traced(work, ['-c', 'http.extraHeader=Expect: 100-continue', 'push', remote, 'HEAD:main']);
    expect(told).toMatch(/<= recv header: HTTP\/1\.1 100 Continue/i);
    expect(await remoteHead()).toBe(await headOf(work));
  });

  test('fetches shallowly, then deepens, with gzipped negotiations', async () => {
    const work = place.of('work');
    await addCommits(work, 25);
    await gitIn(work, 'push', '--quiet', remote, 'HEAD:main', 'HEAD~10:refs/heads/older');

    await gitIn(place.path, 'clone', '--quiet', '--depth=1', remote, 'shallow');
    const shallow = place.of('shallow');
    expect(await gitIn(shallow, 'rev-list', '--count', 'HEAD')).toBe('1');
    await gitIn(shallow, 'fetch', '--quiet', '--depth=20', 'origin', 'main');
    expect(await gitIn(shallow, 'rev-list', '--count', 'FETCH_HEAD')).toBe('20');
    await gitIn(shallow, 'fetch', '--quiet', '--unshallow', 'origin', 'main');
    expect(await gitIn(shallow, 'rev-list', '--count', 'FETCH_HEAD')).toBe(
      await gitIn(work, 'rev-list', '--count', 'HEAD'),
    );

    const clone = place.of('clone');
    // So many that what it says it has is worth compressing.
    await addCommits(clone, 100);
    const told = await traced(clone, ['fetch', 'origin', 'main']);
    expect(told).toMatch(/=> send header: Content-Encoding: gzip/i);
    expect(await gitIn(clone, 'rev-parse', 'FETCH_HEAD')).toBe(await headOf(work));
  });

  test('is told of a wrong password and of a missing repository as by the server itself', async () => {
    for (const path of ['git/shop.git', 'git/nothing.git']) {
      const [direct, proxied] = await Promise.all(
        [server.port, front.port].map(async (port) => {
          const url = `http://dev:wrong@127.0.0.1:${port}/${path}`;
          const { code, stderr } = await run('git', ['push', url, 'HEAD:main'], {
            cwd: place.of('work'),
            env: environment,
          });
          return { code, told: stderr.replaceAll(String(port), 'port') };
        }),
      );
      expect(direct!.code).not.toBe(0);
      expect(proxied).toEqual(direct);
    }
  });

  async function newRepository(name: string): Promise<string> {
    await gitIn(place.path, 'init', '--quiet', '--initial-branch=main', name);
    return place.of(name);
  }

  async function commitAll(cwd: string, message: string): Promise<void> {
    await gitIn(cwd, 'add', '.');
    await gitIn(cwd, 'commit', '--quiet', '-m', message);
  }

  async function addCommits(cwd: string, count: number): Promise<void> {
    let stream = '';
    for (let i = 0; i < count; i++) {
      const message = `${cwd} ${i}`;
      stream += `commit refs/heads/main\ncommitter A <a@example.com> ${1_700_000_000 + i} +0000\n`;
      stream += `data ${message.length}\n${message}\n${i === 0 ? 'from refs/heads/main^0\n' : ''}`;
    }
    await succeed('git', ['fast-import', '--quiet'], { cwd, env: environment, input: Buffer.from(stream) });
  }

  const headOf = (cwd: string) => gitIn(cwd, 'rev-parse', 'HEAD');

  async function remoteHead(): Promise<string> {
    return (await gitIn(place.path, 'ls-remote', `${server.url}/git/shop.git`, 'refs/heads/main')).split('\t')[0]!;
  }

  async function traced(cwd: string, args: string[]): Promise<string> {
    const { code, stderr } = await run('git', args, { cwd, env: { ...environment, GIT_CURL_VERBOSE: '1' } });
    if (code !== 0) throw new Error(stderr);
    return stderr;
  }

  async function gitIn(cwd: string, ...args: string[]): Promise<string> {
    return (await succeed('git', args, { cwd, env: environment })).trim();
  }
});
