import { alignNames, type Pairing } from './align.ts';
import type { Findings } from './findings.ts';
import { type Rewriting, rewritten } from './normalization.ts';
import type { RuleWatch } from './rule-error.ts';
import { cutText } from './value-text.ts';

/** A line as it is compared, and where it stood. */
interface Line {
  readonly text: string;
  /** As sent. */
  readonly raw: string;
  /** Counted from 1. */
  readonly number: number;
}

/** Differing lines beyond these are not aligned or told apart any more. */
const mostLines = 20_000;

/**
 * Compares two texts line by line. How lines end doesn't count; in HTML neither does white space around a line, nor
 * empty lines. The path of a mismatch is `body:<line>`: control's line, for an `extra` one candidate's.
 */
export function compareLines(
  control: string,
  candidate: string,
  isHtml: boolean,
  rewritings: readonly Rewriting[],
  findings: Findings,
  watch: RuleWatch | undefined,
): void {
  const [plainLeft, plainRight] = [linesOf(control, isHtml), linesOf(candidate, isHtml)];
  const [left, right] = [plainLeft, plainRight].map((lines) => normalised(lines, rewritings, isHtml, watch)) as [
    Line[],
    Line[],
  ];
  const before = findings.isFull;
  const found = compareEach(left, right, findings);
  if (!found && !before && rewritings.length > 0 && !sameLines(plainLeft, plainRight)) findings.suppress();
}

function linesOf(text: string, isHtml: boolean): Line[] {
  const raw = text.split(/\r\n|\n|\r/);
  if (raw.at(-1) === '') raw.pop();
  const lines = raw.map((line, i): Line => ({ text: isHtml ? line.trim() : line, raw: line, number: i + 1 }));
  return isHtml ? lines.filter((line) => line.text !== '') : lines;
}

function normalised(
  lines: Line[],
  rewritings: readonly Rewriting[],
  isHtml: boolean,
  watch: RuleWatch | undefined,
): Line[] {
  if (rewritings.length === 0) return lines;
  const changed = lines.map((line): Line => {
    let text = line.text;
    for (const by of rewritings) text = rewritten(text, by, watch);
    return { ...line, text: isHtml ? text.trim() : text };
  });
  return isHtml ? changed.filter((line) => line.text !== '') : changed;
}

function sameLines(left: readonly Line[], right: readonly Line[]): boolean {
  return left.length === right.length && left.every((line, i) => line.text === right[i]!.text);
}

/** Whether anything differed. */
function compareEach(left: readonly Line[], right: readonly Line[], findings: Findings): boolean {
  let from = 0;
  while (from < left.length && from < right.length && left[from]!.text === right[from]!.text) from++;
  let [leftEnd, rightEnd] = [left.length, right.length];
  while (leftEnd > from && rightEnd > from && left[leftEnd - 1]!.text === right[rightEnd - 1]!.text) {
    leftEnd--;
    rightEnd--;
  }
  const [one, other] = [left.slice(from, leftEnd), right.slice(from, rightEnd)];
  const names = new Map<string, number>();
  const nameOf = ({ text }: Line): number => {
    const known = names.get(text) ?? names.size;
    names.set(text, known);
    return known;
  };
  const tooMany = one.length > mostLines || other.length > mostLines;
  const pairs = tooMany ? [] : alignNames(one.map(nameOf), other.map(nameOf));
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...pairs, [one.length, other.length] as Pairing]) {
    reportGap(one.slice(i, nextI), other.slice(j, nextJ), findings);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return one.length > 0 || other.length > 0;
}

function reportGap(left: readonly Line[], right: readonly Line[], findings: Findings): void {
  for (let i = 0; i < Math.max(left.length, right.length) && !findings.isFull; i++) {
    const [one, other] = [left[i], right[i]];
    if (one !== undefined && other !== undefined && one.text === other.text) continue;
    const kind = one === undefined ? 'extra' : other === undefined ? 'missing' : 'value';
    const where = { path: `body:${(one ?? other)!.number}`, pattern: 'body' };
    findings.add(kind, where, () => [shown(one, findings), shown(other, findings)]);
  }
}

function shown(line: Line | undefined, findings: Findings): string | null {
  if (line === undefined) return null;
  // A line may be the whole body: only what may be kept of it is quoted.
  const { value } = findings.bounds;
  return cutText(JSON.stringify(line.raw.slice(0, value + 1)), value, line.raw.length);
}
