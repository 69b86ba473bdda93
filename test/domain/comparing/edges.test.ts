import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../src/domain/comparing/answers.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { timeOf } from '../../../src/domain/comparing/times.ts';
import { unshadowed } from '../../../src/domain/shadow.ts';

const rules = compileRules(unshadowed.rules);
const answer = (type: string, body: string) => ({
  status: 200,
  headers: ['content-type', type],
  body: new TextEncoder().encode(body),
  whole: true,
  undecoded: null,
});

describe('a comparison', () => {
  it('says that it stopped, where what is left was not looked at', () => {
    const document = (p: number, z: number) =>
      JSON.stringify({ items: Array.from({ length: 6_000 }, (_, i) => ({ id: i, p })), z });
    const type = 'application/json';
    const many = compareAnswers(answer(type, document(1, 1)), answer(type, document(2, 2)), rules);
    expect(many.stopped).toBe(true);
    const one = compareAnswers(answer(type, document(1, 1)), answer(type, document(1, 2)), rules);
    expect(one).toMatchObject({ mismatches: [{ path: '$.z' }] });
    expect(one.stopped).toBeUndefined();
  });

  it('sees a byte order mark in a text', () => {
    const type = 'text/csv; charset=utf-8';
    expect(compareAnswers(answer(type, 'a,b'), answer(type, '\ufeffa,b'), rules).mismatches).toHaveLength(1);
  });
});

describe('a time', () => {
  it('of the first century is no time of the last', () => {
    expect(timeOf('0001-01-01T00:00:00Z')).toBe(Date.parse('0001-01-01T00:00:00Z'));
  });

  it('is not on a day that its month does not have', () => {
    expect(timeOf('2024-02-31T00:00:00Z')).toBeNull();
    expect(timeOf('2024-02-29T12:00:00Z')).toBe(Date.UTC(2024, 1, 29, 12));
  });
});
