import type { LinearRegex } from './linear-regex.ts';

/**
 * A path pattern, held against a normalised path.
 *
 *     /api/orders          that text, and no other: a trailing slash is another path
 *     /orders/:id          one non-empty segment
 *     /orders/:id{[0-9]+}  one segment, all of which the expression matches (linear time; see linear-regex-syntax.ts)
 *     /v:major.:minor/x    text and parameters mixed. Two parameters need text between them; a parameter ends
 *                          where that text first stands, and its expression is asked afterwards
 *     /static/*            as the last segment, whatever follows: /static, /static/, /static/css/a.css;
 *                          before the last, one segment without a name
 *
 * A parameter binds the text of the normalised path, still encoded (`%2F` never separates), and never `.` or `..`:
 * text around it must not become a dot segment once it is cut away by a rewrite. Literal text may be written
 * plain or encoded; a literal `:`, `*`, `{` or `}` is written `%3A`, `%2A`, `%7B`, `%7D`.
 */
export interface Pattern {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Ends in `/*`; it binds under the name `*`: '' or text that begins with a slash. */
  readonly rest: boolean;
  /** In the order in which they are bound. */
  readonly names: readonly string[];
}

export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'open'; readonly prefix: string; readonly parameters: readonly Parameter[] };

export interface Parameter {
  /** `null` for `*`. */
  readonly name: string | null;
  readonly constraint: LinearRegex | null;
  /** The text that follows; '' only after a segment's last parameter. */
  readonly after: string;
}

export const REST = '*';

/**
 * The bindings as name, value, name, value…, or null when the pattern does not match.
 */
export function bindPattern(pattern: Pattern, path: string): readonly string[] | null {
  if (path.charCodeAt(0) !== 0x2f) return null;
  const bound: string[] = [];
  let at = 1;
  for (const segment of pattern.segments) {
    if (at > path.length) return null;
    const to = segmentEnd(path, at);
    if (!matchesSegment(segment, path, at, to, bound)) return null;
    at = to + 1;
  }
  if (!pattern.rest) return at > path.length ? bound : null;
  bound.push(REST, path.slice(at - 1));
  return bound;
}

/** Where the segment that begins at `at` ends. */
export function segmentEnd(path: string, at: number): number {
  const slash = path.indexOf('/', at);
  return slash === -1 ? path.length : slash;
}

function matchesSegment(segment: Segment, path: string, from: number, to: number, bound: string[]): boolean {
  if (segment.kind === 'open') return matchesOpen(segment.prefix, segment.parameters, path, from, to, bound);
  return segment.text.length === to - from && path.startsWith(segment.text, from);
}

/** Whether the segment `from`–`to` of `path` matches; what it binds is added to `bound`, where that is wanted. */
export function matchesOpen(
  prefix: string,
  parameters: readonly Parameter[],
  path: string,
  from: number,
  to: number,
  bound: string[] | null,
): boolean {
  if (!path.startsWith(prefix, from)) return false;
  let at = from + prefix.length;
  for (let i = 0; i < parameters.length; i++) {
    const { name, constraint, after } = parameters[i]!;
    const isLast = i === parameters.length - 1;
    const end = isLast ? to - after.length : path.indexOf(after, at + 1);
    if (end <= at || end + after.length > to || !path.startsWith(after, end)) return false;
    if (isDots(path, at, end) || (constraint !== null && !constraint.test(path, at, end))) return false;
    if (name !== null && bound !== null) bound.push(name, path.slice(at, end));
    at = end + after.length;
  }
  return true;
}

function isDots(path: string, from: number, to: number): boolean {
  return to - from <= 2 && path.charCodeAt(from) === 0x2e && path.charCodeAt(to - 1) === 0x2e;
}
