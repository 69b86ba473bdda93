import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FoundInstances } from '../../src/ports.ts';
import { FileDiscovery } from '../../src/target/discovery/file-discovery.ts';
import { parseInstanceList } from '../../src/target/discovery/instance-list.ts';
import { eventually } from './wire/fixture.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'strangler-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function watched(path: string) {
  const told: FoundInstances[] = [];
  const stop = new FileDiscovery(path).watch((found) => void told.push(found));
  onTestFinished(stop);
  return { told, stop, ports: () => told.at(-1)!.urls.map(({ port }) => port) };
}

const list = (...ports: readonly number[]): string => ports.map((port) => `http://127.0.0.1:${port}\n`).join('');

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe('a list of instances', () => {
  test('has a base URL a line, and takes remarks and empty lines', () => {
    const text = '\uFEFF# ours\r\n\nhttp://127.0.0.1:1\n  https://orders.test/v2   # the new one\n';
    expect(parseInstanceList(text)).toMatchObject([
      { port: 1, secure: false },
      { hostname: 'orders.test', port: 443, secure: true, basePath: '/v2' },
    ]);
  });

  test('is refused whole where one line is wrong, by its number and without what it says', () => {
    expect(parseInstanceList('http://127.0.0.1:1\norders\nhttp://me:secret@orders.test\nhttp://a/?x')).toEqual({
      wrong:
        'line 2 is not a URL such as http://127.0.0.1:3000; line 3 takes no user name and no password; ' +
        'line 4 takes no query and no fragment',
    });
    const { wrong } = parseInstanceList('x\n'.repeat(9)) as { wrong: string };
    expect(wrong).toContain('line 5 ');
    expect(wrong).not.toContain('line 6 ');
    expect(wrong).toContain('4 more mistakes');
  });

  test('has an end', () => {
    expect(parseInstanceList(list(...Array.from({ length: 1_001 }, (_, i) => i + 1)))).toEqual({
      wrong: 'it lists more than 1,000 instances',
    });
  });
});

describe('a watched list', () => {
  test('is told at once, and again when it is replaced by a rename', async () => {
    const path = join(folder(), 'orders.txt');
    writeFileSync(path, list(1, 2));
    const { told, ports } = watched(path);
    expect(told).toMatchObject([{ urls: [{ port: 1 }, { port: 2 }], trouble: null }]);

    replace(path, list(2, 3));
    await eventually(() => told.length === 2);
    replace(path, list(4));
    await eventually(() => told.length === 3);

    expect(ports()).toEqual([4]);
  });

  test('is told whole though it is written in pieces', async () => {
    const path = join(folder(), 'orders.txt');
    writeFileSync(path, list(1));
    const { told, ports } = watched(path);

    writeFileSync(path, 'http://127.0.0.1:2\nhttp://127.0.0');
    setTimeout(() => writeFileSync(path, list(2, 3)), 20);
    await eventually(() => told.length === 2);

    expect(ports()).toEqual([2, 3]);
    expect(told[1]!.trouble).toBe(null);
  });

  test('is followed behind the links of a ConfigMap', async () => {
    const mount = folder();
    const version = (name: string, text: string): void => {
      mkdirSync(join(mount, name));
      writeFileSync(join(mount, name, 'orders.txt'), text);
      symlinkSync(name, join(mount, '..data.new'));
      renameSync(join(mount, '..data.new'), join(mount, '..data'));
    };
    version('..1', list(1));
    symlinkSync(join('..data', 'orders.txt'), join(mount, 'orders.txt'));
    const { told, ports } = watched(join(mount, 'orders.txt'));
    expect(ports()).toEqual([1]);

    version('..2', list(1, 2));
    await eventually(() => told.length === 2);

    expect(ports()).toEqual([1, 2]);
  });

  test.each([
    [
      'wrong',
      (path: string) => replace(path, 'http://127.0.0.1:2\nrubbish\n'),
      'line 2 is not a URL such as http://127.0.0.1:3000',
    ],
    ['empty', (path: string) => replace(path, '# none\n'), 'it lists no instance'],
    ['gone', (path: string) => unlinkSync(path), "it can't be read (ENOENT)"],
    ['far too large', (path: string) => replace(path, '#'.repeat(1024 * 1024 + 1)), 'it is larger than 1 MiB'],
  ])('that becomes %s stays what it was, and says so', async (_, spoil, why) => {
    const path = join(folder(), 'orders.txt');
    writeFileSync(path, list(1));
    const { told, ports } = watched(path);

    spoil(path);
    await eventually(() => told.length === 2);
    expect(ports()).toEqual([1]);
    expect(told[1]!.trouble).toBe(`${path}: ${why}`);

    replace(path, list(5));
    await eventually(() => told.length === 3);
    expect(told[2]).toMatchObject({ urls: [{ port: 5 }], trouble: null });
  });

  test('may come later than the proxy', async () => {
    const path = join(folder(), 'orders.txt');
    const { told, ports } = watched(path);
    expect(told).toEqual([{ urls: [], trouble: `${path}: it can't be read (ENOENT)` }]);

    writeFileSync(path, list(1));
    await eventually(() => told.length === 2);

    expect(ports()).toEqual([1]);
  });

  test.each([
    ['a pipe that nobody writes to', (path: string) => void execFileSync('mkfifo', [path])],
    ['a device that never ends', (path: string) => symlinkSync('/dev/zero', path)],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('is not waited for where it is %s', (_title, make) => {
    const path = join(folder(), 'orders.txt');
    make(path);
    const { told } = watched(path);
    expect(told).toEqual([{ urls: [], trouble: `${path}: it is no plain file` }]);
  });

  test('is read no more when it is stopped', async () => {
    const path = join(folder(), 'orders.txt');
    writeFileSync(path, list(1));
    const one = watched(path);
    const other = watched(path);
    one.stop();

    replace(path, list(2));
    await eventually(() => other.told.length === 2);

    expect(one.told).toHaveLength(1);
  });
});
