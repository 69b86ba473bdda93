import { create } from 'jsondiffpatch';
import { default as microdiff } from 'microdiff';
import { compareAnswers } from '../../src/domain/comparing/answers.ts';
import { compileRules } from '../../src/domain/comparing/rules.ts';
import { type ComparisonRules, unshadowed } from '../../src/domain/shadow.ts';

/** From two bodies as they came over the wire to what differs; returns how much that was. */
export interface Peer {
  readonly name: string;
  compare(control: Buffer, candidate: Buffer): number;
}

const headers = ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store', 'date', 'x'];

const typical: ComparisonRules = {
  ...unshadowed.rules,
  ignore: ['$.generatedAt', 'header:x-request-id'],
  tolerance: [
    { at: '$.items[*].placedAt', by: { kind: 'time', milliseconds: 5_000 } },
    { at: '$.items[*].lines[*].price', by: { kind: 'absolute', value: 0.01 } },
  ],
};

/** Whole answers, status and headers included, under the rules. */
function strangler(name: string, rules: ComparisonRules): Peer {
  const compiled = compileRules(rules);
  const answered = (body: Buffer) => ({ status: 200, headers, body, whole: true, undecoded: null });
  return {
    name,
    compare: (control, candidate) => compareAnswers(answered(control), answered(candidate), compiled).mismatches.length,
  };
}

const parsed = (bytes: Buffer): object => JSON.parse(bytes.toString()) as object;

export function ours(isReordered: boolean): Peer {
  return strangler('strangler', isReordered ? { ...typical, unordered: [{ at: '$.items', key: null }] } : typical);
}

/** As its documentation has it for arrays of objects. */
const byId = create({
  objectHash: (object) => (object as { id?: string; sku?: string }).id ?? (object as { sku?: string }).sku,
});
const byPosition = create();

export const peers: readonly Peer[] = [
  {
    name: 'jsondiffpatch',
    compare: (control, candidate) => Object.keys(byPosition.diff(parsed(control), parsed(candidate)) ?? {}).length,
  },
  {
    name: 'jsondiffpatch, by id',
    compare: (control, candidate) => Object.keys(byId.diff(parsed(control), parsed(candidate)) ?? {}).length,
  },
  { name: 'microdiff', compare: (control, candidate) => microdiff(parsed(control), parsed(candidate)).length },
];
