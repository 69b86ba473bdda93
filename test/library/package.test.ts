import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
let packed: readonly string[];

beforeAll(async () => {
  // Without scripts: a build now would take dist/ from under the tests that run it.
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  packed = files.map(({ path }) => path);
});

it('has what its manifest promises', () => {
  const { bin, exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const promised: string[] = [bin.strangler, exports['.'].types, exports['.'].default, exports['./schema.json']];
  for (const path of promised) expect(packed).toContain(path.replace(/^\.\//, ''));
});

it('has the schema where docs/routes-yaml.md lets editors look for it', () => {
  const [, path] = /\$schema=\.\/node_modules\/strangler-proxy\/(\S+)/.exec(
    readFileSync(new URL('docs/routes-yaml.md', root), 'utf8'),
  )!;
  expect(packed).toContain(path);
});

it('has nothing of the example, the tests and the benchmarks', () => {
  const folders = new Set(packed.filter((path) => path.includes('/')).map((path) => path.split('/', 1)[0]));
  expect(folders).toEqual(new Set(['bin', 'dist', 'docs', 'schema']));
  expect(packed.filter((path) => path.startsWith('dist/') && !path.startsWith('dist/src/'))).toEqual([]);
});
