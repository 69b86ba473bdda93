import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/patterns.md');

const patterns = [
  'Decomposition by capability',
  'Decomposition by subdomain',
  'Strangler fig',
  'Shadowing',
  'Progressive rollout',
  'REST',
  'Events',
  'Transactional outbox',
  'Inbox',
  'Idempotency',
  'Database per service',
  'Backfill',
  'Saga',
  'Timeouts',
  'Retry',
  'Circuit breaker',
  'Bulkhead',
  'Graceful degradation',
  'Health checks',
  'Gateway and aggregation',
  'Discovery and balancing',
];

const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-');

function section(heading: string): string {
  const from = page.indexOf(`\n## ${heading}\n`);
  expect(from, heading).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', from + 1);
  return page.slice(from, end === -1 ? undefined : end).replaceAll(/\s+/g, ' ');
}

/** The files of this repository that a text leads to, from its root. */
const filesIn = (text: string): string[] =>
  [...text.matchAll(/\]\(\.\.\/([^)#]+)\)/g)]
    .map(([, file]) => file!)
    .filter((file) => existsSync(join(root, file)) && statSync(join(root, file)).isFile());

interface Said {
  readonly file: string;
  readonly what: string;
}

/** What stands behind links, one after the other: [a file](../a/file) and then each `name` or “test”. */
function saidIn(text: string, [open, close]: readonly [string, string]): Said[] {
  const quoted = `${open}[^${open}${close}]+${close}`;
  const behindLink = new RegExp(`\\]\\(\\.\\./([^)#]+)\\)((?:,? ${quoted})+)`, 'g');
  return [...text.matchAll(behindLink)].flatMap(([, file, all]) =>
    [...all!.matchAll(new RegExp(quoted, 'g'))].map(([what]) => ({ file: file!, what: what.slice(1, -1) })),
  );
}

const namesIn = (text: string): Said[] => saidIn(text, ['`', '`']);
const testsIn = (text: string): Said[] => saidIn(text, ['“', '”']);

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const standsIn = ({ file, what }: Said): boolean =>
  new RegExp(`(?<![\\w-])${literal(what)}(?![\\w-])`).test(read(file));
const isTestOf = ({ file, what }: Said): boolean =>
  what.split(' > ').every((title) => ["'", '"', '`'].some((q) => read(file).includes(`(${q}${title}${q},`)));

describe('docs/patterns.md', () => {
  it('has a section for every pattern, in their order', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
    expect(headings).toEqual(['By pattern', 'By part of the repository', ...patterns]);
  });

  it.each(patterns)('%s: says where it is, what shows it, what it costs and how to see it', (pattern) => {
    const text = section(pattern);
    const [, here, shown, price] = /- \*\*Here\*\* (.*?) - \*\*Shown by\*\* (.*?) - \*\*The price:\*\* (.*)/.exec(
      text,
    )!;
    expect(namesIn(here!).length).toBeGreaterThan(0);
    expect(testsIn(shown!).length).toBeGreaterThan(0);
    expect(price).toMatch(/- \*\*See it|```console/);
    expect(namesIn(text).filter((said) => !standsIn(said))).toEqual([]);
    expect(testsIn(text).filter((said) => !isTestOf(said))).toEqual([]);
  });

  it('quotes nothing but tests, each behind the link to its file', () => {
    const flat = page.replaceAll(/\s+/g, ' ');
    expect(testsIn(flat)).toHaveLength([...flat.matchAll(/“/g)].length);
    expect(testsIn(flat).filter(({ file }) => !file.startsWith('test/'))).toEqual([]);
  });

  it('leads from each pattern to its section, and to files that stand there', () => {
    const rows = [...section('By pattern').matchAll(/\| \[([^\]]+)\]\(#([^)]+)\) \| ([^|]+) \| ([^|]+) \|/g)];
    expect(rows.map(([, pattern]) => pattern)).toEqual(patterns);
    for (const [, pattern, anchor, file, test] of rows) {
      expect(anchor).toBe(anchorOf(pattern!));
      expect(filesIn(`${file} ${test}`)).toHaveLength(2);
      const there = filesIn(section(pattern!));
      expect(filesIn(`${file} ${test}`).filter((led) => !there.includes(led))).toEqual([]);
    }
  });

  it('leads to each pattern from a part of the repository', () => {
    const led = [...section('By part of the repository').matchAll(/\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(patterns.map(anchorOf).filter((anchor) => !led.includes(anchor))).toEqual([]);
  });

  it('gives commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const commands = [...page.matchAll(/npx strangler ((?:events |rollout )?[a-z]+)/g)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(10);
    const known = read('docs/cli.md');
    expect(commands.filter((name) => !new RegExp(`^#+ strangler ${name}\\b`, 'm').test(known))).toEqual([]);
  });

  it('names the routes and lines of routes.yaml', () => {
    const [, id, line, match] = /route {4}([\w-]+) {2}\(routes\.yaml line (\d+): (.+?)\)/.exec(page)!;
    const lines = read('routes.yaml').split('\n');
    expect(lines[Number(line) - 1]).toBe(`  - id: ${id}`);
    expect(lines[Number(line)]).toBe(`    match: ${match}`);
  });
});
