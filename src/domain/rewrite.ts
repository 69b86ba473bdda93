import { canonicalText, isCanonicalText } from './path.ts';
import { REST } from './pattern.ts';
import { PatternError, parsePattern } from './pattern-syntax.ts';

/** A service's own path: literal text, and the names that a match fills in. */
export interface Rewrite {
  readonly text: string;
  readonly names: readonly string[];
  readonly pieces: readonly Piece[];
}

type Piece = { readonly literal: string } | { readonly name: string };

/**
 * Reads `/orders/:id` or `/files/*`; throws {@link PatternError}. Whether a route's matches bind every name is for
 * the caller to ask, by `names`.
 */
export function parseRewrite(text: string): Rewrite {
  const pattern = parsePattern(text);
  const pieces: Piece[] = [];
  for (const segment of pattern.segments) {
    if (segment.kind === 'literal') {
      pieces.push({ literal: `/${segment.text}` });
      continue;
    }
    pieces.push({ literal: `/${segment.prefix}` });
    for (const { name, constraint, after } of segment.parameters) {
      if (name === null) throw new PatternError("'*' is filled in as the last segment only", text.indexOf(REST));
      if (constraint !== null) throw new PatternError(`the match constrains :${name} already`, text.indexOf('{'));
      pieces.push({ name }, { literal: after });
    }
  }
  if (pattern.rest) pieces.push({ name: REST });
  return { text, names: pattern.names, pieces };
}

/** The target to ask the service for. The query goes on as it came: it was not what was matched and rewritten. */
export function rewriteTarget(rewrite: Rewrite, params: readonly string[] | null, query: string | null): string {
  let path = '';
  for (const piece of rewrite.pieces) path += 'literal' in piece ? piece.literal : bound(params, piece.name);
  // `/*` filled with nothing: `/static` let through by `/static/*`.
  if (path === '') path = '/';
  return query === null ? path : `${path}?${query}`;
}

function bound(params: readonly string[] | null, name: string): string {
  if (params === null) return '';
  for (let i = 0; i < params.length; i += 2) {
    if (params[i] === name) return valid(params[i + 1]!);
  }
  return '';
}

/** What came from a normalised path is valid already; nothing else may become a delimiter or a line of its own. */
function valid(value: string): string {
  return isCanonicalText(value) ? value : canonicalText(value);
}
