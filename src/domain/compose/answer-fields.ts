import { type HeaderLines, isNamed } from '../header-lines.ts';

/** The fields of one part's answer; empty where it gave none that counts. */
export interface PartFields {
  readonly headers: HeaderLines;
  /** What it answered stands in the composed answer. */
  readonly counts: boolean;
}

/**
 * The fields of a composed answer, flat. What caches and browsers go by comes from the parts: the leading part's
 * Cache-Control, unless another part lets fewer keep its answer, the leading part's CORS fields, and every part's Vary.
 */
export function composedFields(
  length: number,
  parts: readonly PartFields[],
  leading: number,
  partial: readonly string[],
): string[] {
  const fields = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(length)];
  const control = partial.length > 0 ? 'no-store' : controlOf(parts, leading);
  if (control !== '') fields.push('Cache-Control', control);
  const vary = varyOf(parts);
  if (vary !== '') fields.push('Vary', vary);
  fields.push(...crossOriginFields(parts[leading]!.headers));
  if (partial.length > 0) fields.push('x-strangler-partial', partial.join(', '));
  return fields;
}

/** Of an answer that one part gives for all of them: what it is, whom it asks for, and what browsers and caches go by. */
export function refusalFields(headers: HeaderLines, length: number | null): string[] {
  const kept = crossOriginFields(headers);
  for (let i = 0; i < headers.length; i += 2) {
    if (refusalNames.has(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!);
  }
  if (length !== null) kept.push('Content-Length', String(length));
  return kept;
}

const refusalNames: ReadonlySet<string> = new Set([
  ...['content-type', 'content-language', 'content-encoding', 'cache-control', 'vary'],
  ...['www-authenticate', 'retry-after', 'allow', 'date'],
]);

function controlOf(parts: readonly PartFields[], leading: number): string {
  const own = valuesOf(parts[leading]!.headers, 'cache-control');
  if (isKeptFromOthers(own)) return own;
  const isStricter = ({ headers, counts }: PartFields): boolean =>
    counts && isKeptFromOthers(valuesOf(headers, 'cache-control'));
  return parts.some(isStricter) ? 'no-store' : own;
}

function isKeptFromOthers(control: string): boolean {
  return /(?:^|[,\s])(?:private|no-store|no-cache)(?:$|[,\s=])/i.test(control);
}

function varyOf(parts: readonly PartFields[]): string {
  const names = new Map<string, string>();
  for (const { headers, counts } of parts) {
    if (!counts) continue;
    for (const name of valuesOf(headers, 'vary').split(',')) {
      const lower = name.trim().toLowerCase();
      // Both are asked for by us, the same for every caller.
      if (lower !== '' && lower !== 'accept' && lower !== 'accept-encoding') names.set(lower, name.trim());
    }
  }
  return names.has('*') ? '*' : [...names.values()].join(', ');
}

function crossOriginFields(headers: HeaderLines): string[] {
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (/^access-control-/i.test(headers[i]!)) fields.push(headers[i]!, headers[i + 1]!);
  }
  return fields;
}

function valuesOf(headers: HeaderLines, lowerName: string): string {
  let values = '';
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, lowerName)) values += values === '' ? headers[i + 1]! : `, ${headers[i + 1]!}`;
  }
  return values;
}
