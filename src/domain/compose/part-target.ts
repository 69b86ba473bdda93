import { type HeaderLines, isNamed } from '../header-lines.ts';
import { splitTarget } from '../path.ts';
import { queryPairs } from '../query-pairs.ts';
import { parseRewrite, type Rewrite, rewriteTarget } from '../rewrite.ts';
import { asWireText } from '../wire-text.ts';
import type { PartSettings, PartValue } from './part.ts';

/** What a part's path and query are filled in from. */
export interface PartSource {
  /** Name, value, name, value…, as the match bound them. */
  readonly params: readonly string[] | null;
  /** As the caller sent it. */
  readonly url: string;
  readonly rawHeaders: HeaderLines;
}

/** More than this, in characters, is asked of no service: a caller's fields may be much longer than any path. */
const longestTarget = 8 * 1024;

/** The path and query that a part is asked for, read once a route. */
export class PartTarget {
  readonly #rewrite: Rewrite;
  readonly #query: readonly (readonly [prefix: string, value: PartValue])[];

  constructor({ path, query }: Pick<PartSettings, 'path' | 'query'>) {
    this.#rewrite = parseRewrite(path);
    this.#query = query.map(([name, value]) => [`${encoded(asWireText(name))}=`, value]);
  }

  /**
   * The request target for one request, printable ASCII; `null` where it would be too long. A value that the request
   * doesn't have is left out; one that it has several times, as in `?tag=a&tag=b`, stands there as often.
   */
  of(source: PartSource): string | null {
    const target = rewriteTarget(this.#rewrite, source.params, this.#query.length === 0 ? null : this.#filled(source));
    return target.length > longestTarget ? null : target;
  }

  #filled(source: PartSource): string | null {
    const pairs: string[] = [];
    for (const [prefix, value] of this.#query) {
      for (const text of valuesOf(value, source)) pairs.push(prefix + encoded(text));
    }
    return pairs.length === 0 ? null : pairs.join('&');
  }
}

function valuesOf(value: PartValue, { params, url, rawHeaders }: PartSource): readonly string[] {
  switch (value.from) {
    case 'text':
      return [asWireText(value.text)];
    case 'path':
      return named(params ?? [], value.name).map(decoded);
    case 'query':
      return named(queryPairs(splitTarget(url).query ?? ''), asWireText(value.name));
    case 'header':
      return namedLines(rawHeaders, value.name);
  }
}

function named(pairs: readonly string[], name: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) found.push(pairs[i + 1]!);
  return found;
}

function namedLines(lines: HeaderLines, lowerName: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < lines.length; i += 2) if (isNamed(lines[i]!, lowerName)) found.push(lines[i + 1]!);
  return found;
}

/** Bytes as latin1 text; what no query may have as itself, or could be read as a delimiter, as `%XX`. */
function encoded(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/g, (unit) => {
    return `%${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Text of a normalised path as the bytes that it stands for. */
function decoded(text: string): string {
  return text.replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
