import type { HeaderLines } from '../header-lines.ts';
import { headerValue } from '../header-lines.ts';
import { murmur3 } from '../murmur3.ts';
import { type Bounds, type Comparison, defaultBounds } from './comparison.ts';
import { Findings } from './findings.ts';
import { compareHeads } from './heads.ts';
import { compareDocuments } from './json.ts';
import { compareLines } from './lines.ts';
import { type BodyKind, bodyKindOf, mediaTypeOf } from './media-type.ts';
import type { RuleWatch } from './rule-error.ts';
import type { CompiledRules } from './rules.ts';
import type { Undecoded } from './undecoded.ts';
import { spanText } from './value-text.ts';

/** What one side answered, its content codings taken off where they could be. */
export interface Answered {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: Uint8Array;
  /** False: there was more than is here. */
  readonly whole: boolean;
  /** Why the body is not here, though there is one; `null` where it is. */
  readonly undecoded: Undecoded | null;
}

/** Holds two answers against each other. Throws `RuleFailure` where a rule can't be carried out. */
export function compareAnswers(
  control: Answered,
  candidate: Answered,
  rules: CompiledRules,
  watch?: RuleWatch,
  bounds: Bounds = defaultBounds,
): Comparison {
  const findings = new Findings(bounds);
  compareHeads(control, candidate, rules, findings, watch);
  compareBodies(control, candidate, rules, findings, watch);
  return findings.outcome();
}

const body = { path: 'body', pattern: 'body' };

function compareBodies(
  control: Answered,
  candidate: Answered,
  rules: CompiledRules,
  findings: Findings,
  watch: RuleWatch | undefined,
): void {
  const trouble = worstOf(control.undecoded, candidate.undecoded);
  const same = trouble === null && Buffer.compare(control.body, candidate.body) === 0;
  if (same && control.whole && candidate.whole) return;
  if (rules.ignoresBody) {
    findings.suppress();
    return;
  }
  if (trouble !== null) {
    findings.add(trouble.kind, body, () => [sizeText(control), sizeText(candidate)]);
    return;
  }
  if (!control.whole || !candidate.whole) {
    // Where both go on beyond what is here, a difference may be seen, but never that there is none.
    const both = !control.whole && !candidate.whole;
    findings.add(both && !same ? 'value' : 'size', body, () => [sizeText(control), sizeText(candidate)]);
    return;
  }
  const kind = kindOf(control, candidate);
  if (kind === 'json' && rules.root.ignored) {
    findings.suppress();
    return;
  }
  if (control.body.length === 0 || candidate.body.length === 0) compareWithNothing(control, candidate, kind, findings);
  else if (kind === 'json') {
    if (!compareDocuments(control.body, candidate.body, rules, findings, watch))
      compareTexts(control, candidate, false, rules, findings, watch);
  } else if (kind === 'bytes')
    findings.add('value', body, () => [digestText(control.body), digestText(candidate.body)]);
  else compareTexts(control, candidate, kind === 'html', rules, findings, watch);
}

function worstOf(one: Undecoded | null, other: Undecoded | null): Undecoded | null {
  return one?.kind === 'type' ? one : (other ?? one);
}

/** What either side calls JSON is compared as JSON, and what neither calls anything if it looks like it. */
function kindOf(control: Answered, candidate: Answered): BodyKind {
  const [left, right] = [control, candidate].map(({ headers }) => headerValue(headers, 'content-type')) as [
    string | null,
    string | null,
  ];
  if (left === null && right === null)
    return looksLikeJson(control.body) && looksLikeJson(candidate.body) ? 'json' : 'bytes';
  const kind = bodyKindOf(mediaTypeOf(left ?? ''));
  if (left === right) return kind;
  const kinds = [kind, bodyKindOf(mediaTypeOf(right ?? ''))];
  return (['json', 'html', 'text'] as const).find((one) => kinds.includes(one)) ?? 'bytes';
}

function looksLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

function compareWithNothing(control: Answered, candidate: Answered, kind: BodyKind, findings: Findings): void {
  const isMissing = candidate.body.length === 0;
  const there = isMissing ? control.body : candidate.body;
  const where = kind === 'json' ? { path: '$', pattern: '$' } : body;
  findings.add(isMissing ? 'missing' : 'extra', where, () => {
    const text = kind === 'json' ? spanText(there, 0, there.length, findings.bounds.value) : digestText(there);
    return isMissing ? [text, null] : [null, text];
  });
}

function compareTexts(
  control: Answered,
  candidate: Answered,
  isHtml: boolean,
  rules: CompiledRules,
  findings: Findings,
  watch: RuleWatch | undefined,
): void {
  const texts = [control, candidate].map(textOf);
  // One side in another coding than the other has other bytes all along: that must not look like the same text.
  const [left, right] = texts.includes(null)
    ? [control, candidate].map(({ body: bytes }) => latin1.decode(bytes))
    : texts;
  compareLines(left!, right!, isHtml, rules.lines, findings, watch);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder('latin1');

/** `null` where it is no UTF-8. */
function textOf({ body: bytes }: Answered): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function sizeText({ body: bytes, whole, undecoded }: Answered): string {
  return JSON.stringify(undecoded?.why ?? `${whole ? '' : 'more than '}${bytes.length} bytes`);
}

/** Enough to tell bodies apart by eye; bytes themselves say nothing to a reader. */
function digestText(bytes: Uint8Array): string {
  return JSON.stringify(
    `${bytes.length} bytes, murmur3 ${murmur3(latin1.decode(bytes)).toString(16).padStart(8, '0')}`,
  );
}
