import { type Place, parsePlace } from '../../../src/domain/comparing/place.ts';
import type { Step } from '../../../src/domain/comparing/step.ts';
import type { Mismatch } from '../../../src/domain/mismatch.ts';

interface Change {
  readonly steps: readonly Step[];
  readonly mismatch: Mismatch;
}

/** Turns control into candidate by nothing but what was reported: whatever is not reported stays as it is. */
export function applyMismatches(control: unknown, mismatches: readonly Mismatch[]): unknown {
  return changed(
    control,
    mismatches.map((mismatch) => ({ steps: stepsOf(parsePlace(mismatch.path)), mismatch })),
  );
}

function stepsOf(place: Place): readonly Step[] {
  if (place.of !== 'json') throw new Error(`not in the document: ${place.of}`);
  return place.steps;
}

function changed(value: unknown, changes: readonly Change[]): unknown {
  if (changes.length === 0) return value;
  const here = changes.find(({ steps }) => steps.length === 0);
  if (here !== undefined) return JSON.parse(here.mismatch.candidate!);
  return Array.isArray(value) ? changedArray(value, changes) : changedObject(value as Record<string, unknown>, changes);
}

function changedObject(value: Record<string, unknown>, changes: readonly Change[]): unknown {
  const members = new Map(Object.entries(value));
  for (const { steps, mismatch } of changes) {
    const step = steps[0]!;
    if (step.kind !== 'key') throw new Error('a key was expected');
    if (steps.length > 1 || !['missing', 'extra'].includes(mismatch.kind)) continue;
    if (members.has(step.key) !== (mismatch.kind === 'missing')) throw new Error(`${mismatch.kind} ${mismatch.path}`);
    if (mismatch.kind === 'missing') members.delete(step.key);
    else members.set(step.key, JSON.parse(mismatch.candidate!));
  }
  for (const [key, inner] of members) {
    const within = changes
      .filter(({ steps, mismatch }) => steps.length > 1 || !['missing', 'extra'].includes(mismatch.kind))
      .filter(({ steps }) => (steps[0] as { key: string }).key === key);
    members.set(key, changed(inner, below(within)));
  }
  return Object.fromEntries(members);
}

/** What is missing goes by control's positions, what is extra comes at candidate's. */
function changedArray(value: readonly unknown[], changes: readonly Change[]): unknown[] {
  const kept: unknown[] = [];
  const extra = new Map<number, unknown>();
  const of = (change: Change) => (change.steps[0] as { index: number }).index;
  const isOwn = ({ steps, mismatch }: Change, kind: string) => steps.length === 1 && mismatch.kind === kind;
  const missing = new Set(changes.filter((change) => isOwn(change, 'missing')).map(of));
  value.forEach((element, i) => {
    const within = changes.filter((change) => of(change) === i && !isOwn(change, 'missing') && !isOwn(change, 'extra'));
    if (!missing.has(i)) kept.push(changed(element, below(within)));
  });
  for (const change of changes)
    if (isOwn(change, 'extra')) extra.set(of(change), JSON.parse(change.mismatch.candidate!));
  const result: unknown[] = [];
  const left = [...kept];
  for (let i = 0; i < kept.length + extra.size; i++) result.push(extra.has(i) ? extra.get(i) : left.shift());
  return result;
}

function below(changes: readonly Change[]): Change[] {
  return changes.map(({ steps, mismatch }) => ({ steps: steps.slice(1), mismatch }));
}
