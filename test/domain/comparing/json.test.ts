import { describe, expect, it } from 'vitest';
import { compareJson } from '../../../src/domain/comparing/json.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { type ComparisonRules, unshadowed } from '../../../src/domain/shadow.ts';

const rules = (some: Partial<ComparisonRules> = {}) => compileRules({ ...unshadowed.rules, ...some });
const found = (control: string, candidate: string, some: Partial<ComparisonRules> = {}) =>
  compareJson(control, candidate, rules(some)).mismatches.map(
    ({ kind, path, control, candidate }) => `${kind} ${path} ${control} → ${candidate}`,
  );

describe('comparing JSON', () => {
  it('tells what each side has', () => {
    expect(found('{"a":1,"b":[1,2,3]}', '{"a":2,"b":[1,3],"c":{}}')).toEqual([
      'value $.a 1 → 2',
      'missing $.b[1] 2 → null',
      'extra $.c null → {}',
    ]);
  });
});
