import { type Bounds, type Comparison, defaultBounds } from './comparison.ts';
import { Findings } from './findings.ts';
import { narrow } from './narrow.ts';
import type { RuleWatch } from './rule-error.ts';
import type { CompiledRules } from './rules.ts';
import { JsonTrouble, Room, scanJson } from './scan.ts';
import type { Tape } from './tape.ts';
import { spanText } from './value-text.ts';
import { Walk } from './walk.ts';

const encoder = new TextEncoder();

/** Compares two JSON documents. A text that is no JSON is a `type` mismatch at `$`, unless neither is: then they are `value`s. */
export function compareJson(
  control: Uint8Array | string,
  candidate: Uint8Array | string,
  rules: CompiledRules,
  watch?: RuleWatch,
  bounds: Bounds = defaultBounds,
): Comparison {
  const findings = new Findings(bounds);
  const [left, right] = [control, candidate].map((side) =>
    typeof side === 'string' ? encoder.encode(side) : side,
  ) as [Uint8Array, Uint8Array];
  if (!compareDocuments(left, right, rules, findings, watch)) {
    findings.add('value', { path: '$', pattern: '$' }, () => [
      spanText(left, 0, left.length, bounds.value),
      spanText(right, 0, right.length, bounds.value),
    ]);
  }
  return findings.outcome();
}

/** Used again and again: a thread compares one pair at a time. */
const controlRoom = new Room();
const candidateRoom = new Room();

/** False, and nothing told, where the two differ and neither is JSON. */
export function compareDocuments(
  control: Uint8Array,
  candidate: Uint8Array,
  rules: CompiledRules,
  findings: Findings,
  watch: RuleWatch | undefined,
): boolean {
  if (Buffer.compare(control, candidate) === 0) return true;
  const [left, right] = [withoutMark(control), withoutMark(candidate)];
  const hasMark = left !== control;
  const a = scanned(left, controlRoom);
  if (a instanceof JsonTrouble) {
    const b = scanned(right, candidateRoom);
    if (b instanceof JsonTrouble) return false;
    noteMarks(hasMark, right !== candidate, findings);
    notJson(findings, troubleText(a), spanText(right, 0, right.length, findings.bounds.value));
    return true;
  }
  const narrowed = narrow(a, right, rules.root, candidateRoom);
  const b = narrowed?.candidate ?? scanned(right, candidateRoom);
  noteMarks(hasMark, right !== candidate, findings);
  if (b instanceof JsonTrouble) {
    notJson(findings, spanText(left, 0, left.length, findings.bounds.value), troubleText(b));
    return true;
  }
  const walk = new Walk(a, b, findings, watch);
  const levels = narrowed?.levels ?? [];
  for (const { parent, key, index } of levels.slice(1)) {
    if (key === -1) walk.trail.enterIndex(index);
    else walk.trail.enterKey(a, key, parent, -1);
  }
  const last = levels.at(-1);
  walk.compare(last?.node ?? 0, 0, last?.state ?? rules.root);
  return true;
}

function scanned(bytes: Uint8Array, room: Room): Tape | JsonTrouble {
  try {
    return scanJson(bytes, 0, bytes.length, room);
  } catch (error) {
    if (error instanceof JsonTrouble) return error;
    throw error;
  }
}

function troubleText(trouble: JsonTrouble): string {
  return JSON.stringify(`not JSON: ${trouble.message}`);
}

function notJson(findings: Findings, control: string, candidate: string): void {
  findings.add('type', { path: '$', pattern: '$' }, () => [control, candidate]);
}

/** A byte order mark is no JSON, but most readers pass over it; some don't. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function noteMarks(inControl: boolean, inCandidate: boolean, findings: Findings): void {
  if (inControl === inCandidate) return;
  const mark = JSON.stringify('a byte order mark');
  findings.add(inControl ? 'missing' : 'extra', { path: 'body', pattern: 'body' }, () => [
    inControl ? mark : null,
    inCandidate ? mark : null,
  ]);
}
