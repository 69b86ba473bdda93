import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultEvidence, skipReasons, unshadowed } from '../../src/domain/shadow.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/shadowing.md'), 'utf8');

function section(heading: string): string {
  const from = page.indexOf(`\n## ${heading}\n`);
  expect(from, heading).toBeGreaterThan(0);
  return page.slice(from + 1, page.indexOf('\n## ', from + 1));
}

describe('docs/shadowing.md', () => {
  it('has a row for every reason why something is not compared, in their order, and for no other', () => {
    const told = [...section('What is not compared').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, reason]) => reason);
    expect(told).toEqual([...skipReasons]);
  });

  it('names the defaults that are in force', () => {
    expect(section('What callers notice')).toContain(`(${unshadowed.timeout / 1000} s)`);
    expect(section('What callers notice')).toContain(`${unshadowed.body / 1024} KiB on each side`);
    expect(section('What is kept')).toContain(`(${defaultEvidence.examples})`);
    expect(section('What is kept')).toContain(`up to ${defaultEvidence.size / 1024 ** 2} MiB`);
    expect(defaultEvidence.keep).toBe(7 * 24 * 3_600_000);
  });
});
