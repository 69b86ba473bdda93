import type { Readback } from '../domain/readback.ts';

/**
 * The path under which a write is read back, or the name that nothing gave a value for. A name in braces is a field of
 * what legacy answered, else what the match bound.
 */
export function readbackPath(
  { pieces }: Readback,
  answered: (name: string) => string | null,
  bound: readonly string[],
): { readonly path: string } | { readonly missing: string } {
  let path = '';
  for (const piece of pieces) {
    if ('literal' in piece) {
      path += piece.literal;
      continue;
    }
    const name = 'bound' in piece ? piece.bound : piece.answered;
    const field = 'answered' in piece ? answered(name) : null;
    const value = field === null ? boundValue(bound, name) : encodeURIComponent(field);
    // A dot segment would make it another path.
    if (value === null || value === '' || value === '.' || value === '..') return { missing: name };
    path += value;
  }
  return { path };
}

/** It came out of a normalised path: it is encoded. */
function boundValue(bound: readonly string[], name: string): string | null {
  for (let i = 0; i < bound.length; i += 2) if (bound[i] === name) return bound[i + 1]!;
  return null;
}

/** A field at the top of a JSON object, as text: a string, or a number whose digits are sure. */
export function fieldOf(json: string, name: string): string | null {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, name)) return null;
  const value = (document as Record<string, unknown>)[name];
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return null;
  return Number.isSafeInteger(value) ? String(value) : null;
}
