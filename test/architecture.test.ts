import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'));

const text = (file: string): string => readFileSync(join(root, file), 'utf8');

function imports(file: string): { inside: string[]; outside: string[] } {
  const inside: string[] = [];
  const outside: string[] = [];
  for (const [, from, bare] of text(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'/gm)) {
    const specifier = from ?? bare ?? '';
    if (!specifier.startsWith('.')) outside.push(specifier);
    else
      inside.push(
        normalize(join(dirname(file), specifier))
          .split(sep)
          .join('/'),
      );
  }
  return { inside, outside };
}

/** What each place may know. The roots at the end know everyone; nobody knows them. */
const shared = ['domain', 'ports.ts', 'version.ts'];
const mayImport: Record<string, readonly string[]> = {
  domain: ['domain'],
  'ports.ts': ['domain'],
  'version.ts': [],
  config: ['config', ...shared],
  proxy: ['proxy', ...shared],
  target: ['target', ...shared],
  /** What the rooms that keep a SQLite file have in common. */
  sqlite: ['sqlite', ...shared],
  coding: ['coding', ...shared],
  state: ['state', 'sqlite', ...shared],
  events: ['events', ...shared],
  admin: ['admin', ...shared],
  shadow: ['shadow', 'coding', ...shared],
  report: ['report', ...shared],
  rollout: ['rollout', ...shared],
  bus: ['bus', 'sqlite', ...shared],
  outbox: ['outbox', 'sqlite', 'coding', ...shared],
};
const roots = ['runtime', 'runtime.ts', 'embedded.ts', 'index.ts', 'events.ts', 'cli'];

const place = (file: string): string => file.split('/')[0]!;

/** A file of more than 300 lines says here why it is one idea all the same. */
const reasonsForLength: Record<string, string> = {
  'ports.ts': 'the seams in one place, mostly types',
  'proxy/attempt.ts': 'everything that decides who is asked, and who next, in the order in which it may happen',
  'proxy/forward.ts': 'the way of one request, told from its first byte to its last',
  'target/wire/parser.ts': "one state machine, from a response's first byte to its last",
  'target/wire/connection.ts': 'one socket and the stages that it goes through',
};

describe('the house', () => {
  it('has only rooms that these rules know', () => {
    const known = new Set([...Object.keys(mayImport), ...roots]);
    expect(files.filter((file) => !known.has(place(file)))).toEqual([]);
  });

  it('keeps sibling folders apart: the composition roots introduce them', () => {
    const trespasses = files
      .filter((file) => !roots.includes(place(file)))
      .flatMap((file) =>
        imports(file)
          .inside.filter((imported) => !mayImport[place(file)]!.includes(place(imported)))
          .map((imported) => `${file} → ${imported}`),
      );
    expect(trespasses).toEqual([]);
  });

  it('keeps the domain pure: no package, no Node module, no clock, no chance', () => {
    const domain = files.filter((file) => place(file) === 'domain');
    expect(domain.flatMap((file) => imports(file).outside.map((name) => `${file} → ${name}`))).toEqual([]);
    const impure = /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|process\.)/;
    expect(domain.filter((file) => impure.test(text(file)))).toEqual([]);
  });

  it('has no import cycles', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const imported of imports(file).inside) visit(imported, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('imports only files that are there, and packages that are dependencies', () => {
    const known = new Set(files);
    const manifest = JSON.parse(readFileSync(join(root, '..', 'package.json'), 'utf8'));
    const packages = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
    const isThere = (name: string): boolean =>
      name.startsWith('node:') ||
      packages.has(
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    for (const file of files) {
      const { inside, outside } = imports(file);
      expect(
        inside.filter((imported) => !known.has(imported)),
        file,
      ).toEqual([]);
      expect(
        outside.filter((name) => !isThere(name)),
        file,
      ).toEqual([]);
    }
  });

  it('names things for what they are, and exports them one by one', () => {
    expect(files.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc)(?:\/|\.ts$)/.test(file))).toEqual([]);
    expect(files.filter((file) => /^export (?:\*|default)/m.test(text(file)))).toEqual([]);
    expect(files.filter((file) => /\binterface I[A-Z]/.test(text(file)))).toEqual([]);
  });

  it('keeps files small', () => {
    const lengths = files.map((file) => text(file).split('\n').length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
    const long = files.filter((file) => text(file).split('\n').length > 300);
    expect(long.filter((file) => !(file in reasonsForLength))).toEqual([]);
  });
});
