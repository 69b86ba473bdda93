import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../extracted-services');
const services = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .map(({ name }) => name);

const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The files of this repository that a file imports. */
const imports = (file: string): string[] =>
  [...text(file).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path]) => join(root, file, '..', path!));

describe('the extracted services', () => {
  it('import nothing of each other, and nothing of the monolith', () => {
    for (const name of [...services, 'shared']) {
      const others = services.filter((other) => other !== name).map((other) => join(root, other, '/'));
      const apart = [...others, join(root, '../legacy-monolith/')];
      const imported = filesOf(name).flatMap(imports);
      expect(imported.length).toBeGreaterThan(0);
      expect(imported.filter((path) => apart.some((place) => path.startsWith(place)))).toEqual([]);
    }
  });

  it('open one database each, in one place', () => {
    const opening = [...services, 'shared'].flatMap(filesOf).filter((file) => /new Sqlite\(/.test(text(file)));
    expect(opening.sort()).toEqual(['gateway/main.ts', 'shared/run.ts']);
    for (const file of opening) expect(text(file).match(/new Sqlite\(/g), file).toHaveLength(1);
  });
});
