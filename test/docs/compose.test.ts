import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mergeParts } from '../../src/domain/compose/merge.ts';
import { partId } from '../../src/domain/compose/part.ts';
import { problemsOf, settingsOf } from '../config/reading.ts';

const page = readFileSync(new URL('../../docs/compose.md', import.meta.url), 'utf8');
const code = (language: string): string => page.split(`\`\`\`${language}\n`)[1]!.split('```')[0]!;

describe('docs/compose.md', () => {
  const [route] = settingsOf(code('yaml')).routes;

  it('shows a file without problems', () => {
    expect(problemsOf(code('yaml'))).toEqual([]);
  });

  it('shows what its parts become, and what they are called by', () => {
    const values = Object.values(JSON.parse(code('json')) as object);
    const texts = ['{"id":7,"total":19.90}', ...values.slice(1).map((value) => JSON.stringify(value))];
    const found = texts.map((text) => ({ is: 'value', text: Buffer.from(text), members: null }) as const);
    expect(`${mergeParts(route!.compose!, found).body}\n`).toBe(code('json'));
    for (const { name } of route!.compose!.slice(1, 2)) expect(page).toContain(`\`${partId(route!.id, name)}\``);
  });
});
