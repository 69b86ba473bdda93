import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shadow } from '../../src/config/shadow-schema.ts';
import { compareJson } from '../../src/domain/comparing/json.ts';
import { parsePlace } from '../../src/domain/comparing/place.ts';
import { compileRules } from '../../src/domain/comparing/rules.ts';
import { mismatchKinds } from '../../src/domain/mismatch.ts';
import { type ComparisonRules, unshadowed } from '../../src/domain/shadow.ts';

const page = readFileSync(new URL('../../docs/comparing.md', import.meta.url), 'utf8');

function rows(heading: string): string[][] {
  const from = page.indexOf(`\n## ${heading}\n`);
  const section = page.slice(from + 1, page.indexOf('\n## ', from + 1));
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => [...line.matchAll(/`([^`]*)`|(?<=\| )none(?= \|)/g)].map(([all, text]) => text ?? all));
}

const compared = (control: string, candidate: string, rules: ComparisonRules) =>
  compareJson(control, candidate, compileRules(rules));

function rulesOf(written: string): ComparisonRules {
  const { ignore, tolerance, unordered, normalize, headers } = shadow.parse(parse(written));
  return { ignore, tolerance, unordered, normalize, headers };
}

describe('docs/comparing.md', () => {
  it('explains every kind of mismatch, in their order', () => {
    const told = [...page.slice(0, page.indexOf('\n## ')).matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
    expect(told).toEqual([...mismatchKinds]);
  });

  it('has rows to run', () => {
    expect([rows('JSON'), rows('Rules')].map((all) => all.length)).toEqual([11, 10]);
    expect([...rows('JSON'), ...rows('Rules')].filter((row) => row.length !== 3)).toEqual([]);
  });

  it.each(rows('JSON'))('%s and %s: %s', (control, candidate, told) => {
    const { mismatches } = compared(control!, candidate!, unshadowed.rules);
    expect(mismatches.map(({ kind, path }) => `${kind} ${path}`).join(', ') || 'none').toBe(told);
  });

  it.each(rows('Rules'))('%s lets %s and %s match, and without it they do not', (rule, control, candidate) => {
    expect(compared(control!, candidate!, rulesOf(rule!))).toMatchObject({ mismatches: [], thanksToRules: true });
    expect(compared(control!, candidate!, unshadowed.rules).mismatches).not.toEqual([]);
  });

  it('shows places that can be read', () => {
    const places = rows('Places').map(([place]) => place!);
    expect(places.length).toBeGreaterThan(8);
    for (const place of places) parsePlace(place);
  });

  it('tells multisets apart, as it says', () => {
    const [one, other] = ['{"tags":["a","a","b"]}', '{"tags":["a","b","b"]}'];
    expect(compared(one, other, rulesOf('unordered: [$.tags]')).mismatches).not.toEqual([]);
  });
});
