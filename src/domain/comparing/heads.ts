import type { HeaderLines } from '../header-lines.ts';
import { isNamed } from '../header-lines.ts';
import { pairCookies, type SetCookie, setCookiesOf } from './cookies.ts';
import type { Findings } from './findings.ts';
import { looksLikeData } from './map-keys.ts';
import { mediaTypeOf, splitOutsideQuotes } from './media-type.ts';
import { rewrittenBy } from './normalization.ts';
import type { RuleWatch } from './rule-error.ts';
import type { CompiledRules } from './rules.ts';
import { toleratesTexts } from './tolerance.ts';
import { cutText } from './value-text.ts';

/** What is compared of every answer's head, besides its status and what the route opts in. */
export const usualHeaders: readonly string[] = ['content-type', 'location', 'cache-control'];

interface Head {
  readonly status: number;
  readonly headers: HeaderLines;
}

export function compareHeads(
  control: Head,
  candidate: Head,
  rules: CompiledRules,
  findings: Findings,
  watch: RuleWatch | undefined,
): void {
  if (control.status !== candidate.status) {
    if (rules.ignoresStatus) findings.suppress();
    else {
      const where = { path: 'status', pattern: 'status' };
      findings.add('status', where, () => [String(control.status), String(candidate.status)]);
    }
  }
  for (const name of new Set([...usualHeaders, ...rules.headers.also])) {
    if (name !== 'set-cookie') compareHeader(name, control.headers, candidate.headers, rules, findings, watch);
  }
  compareCookies(control.headers, candidate.headers, rules, findings);
}

function compareHeader(
  name: string,
  control: HeaderLines,
  candidate: HeaderLines,
  rules: CompiledRules,
  findings: Findings,
  watch: RuleWatch | undefined,
): void {
  const [left, right] = [joinedLines(control, name), joinedLines(candidate, name)];
  if (left === right || meaningOf(name, left) === meaningOf(name, right)) return;
  const { ignored, tolerances, rewritings } = rules.headers;
  const isTolerated = (): boolean => {
    if (ignored.has(name)) return true;
    if (left === null || right === null) return false;
    const [one, other] = [left, right].map((text) => rewrittenBy(rewritings.get(name) ?? [], text, watch)) as [
      string,
      string,
    ];
    const tolerance = tolerances.get(name);
    return (
      meaningOf(name, one) === meaningOf(name, other) ||
      (tolerance !== undefined && toleratesTexts(one, other, tolerance))
    );
  };
  if (isTolerated()) findings.suppress();
  else addHeader(findings, `header:${name}`, `header:${name}`, left, right);
}

/** All lines of one name, as one list; `null` where there is none. */
function joinedLines(lines: HeaderLines, name: string): string | null {
  let value: string | null = null;
  for (let i = 0; i < lines.length; i += 2) {
    if (isNamed(lines[i]!, name)) value = value === null ? lines[i + 1]! : `${value}, ${lines[i + 1]!}`;
  }
  return value;
}

function meaningOf(name: string, value: string | null): string | null {
  if (value === null) return null;
  if (name === 'content-type') return mediaTypeOf(value).text;
  if (name === 'cache-control') return directives(value);
  if (name === 'vary' || name === 'allow') return directives(value);
  return value.trim();
}

/** A list whose order means nothing. */
function directives(value: string): string {
  const all = splitOutsideQuotes(value, ',').map((one) =>
    one.trim().replace(/^[^=]*/, (word) => word.trim().toLowerCase()),
  );
  return [...new Set(all.filter((one) => one !== ''))].sort().join(', ');
}

/** Values only where the route opts `set-cookie` in, and even then they are not kept. */
function compareCookies(control: HeaderLines, candidate: HeaderLines, rules: CompiledRules, findings: Findings): void {
  const [left, right] = [setCookiesOf(control), setCookiesOf(candidate)];
  if (left.length === 0 && right.length === 0) return;
  const { ignored, also } = rules.headers;
  const withValues = also.includes('set-cookie');
  for (const [one, other] of pairCookies(left, right)) {
    const { name } = (one ?? other)!;
    const bothAlike = one !== null && other !== null && one.attributes === other.attributes;
    if (bothAlike && (one.value === other.value || !withValues)) continue;
    if (ignored.has('set-cookie') || ignored.has(`set-cookie:${name}`)) {
      findings.suppress();
      continue;
    }
    const text = (cookie: SetCookie | null) =>
      cookie === null
        ? null
        : [bothAlike ? `${name} with a value of ${cookie.value.length} characters` : name, cookie.attributes]
            .filter((part) => part !== '')
            .join('; ');
    const path = `header:set-cookie:${name}`;
    addHeader(findings, path, looksLikeData(name) ? 'header:set-cookie:*' : path, text(one), text(other));
  }
}

function addHeader(
  findings: Findings,
  path: string,
  pattern: string,
  control: string | null,
  candidate: string | null,
): void {
  const { value } = findings.bounds;
  const text = (one: string | null) => (one === null ? null : cutText(JSON.stringify(one), value, one.length));
  findings.add('header', { path, pattern }, () => [text(control), text(candidate)]);
}
