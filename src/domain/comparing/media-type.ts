/** A `content-type`, read. */
export interface MediaType {
  /** Lower-case, `application/json`; '' where there is none. */
  readonly essence: string;
  /** Lower-case. */
  readonly charset: string | null;
  /** The same for everything that means the same. */
  readonly text: string;
}

export function mediaTypeOf(value: string): MediaType {
  const [first = '', ...rest] = splitOutsideQuotes(value, ';');
  const essence = first.trim().toLowerCase();
  const parameters: string[] = [];
  let charset: string | null = null;
  for (const one of rest) {
    const equals = one.indexOf('=');
    if (equals === -1) continue;
    const name = one.slice(0, equals).trim().toLowerCase();
    const given = unquoted(one.slice(equals + 1).trim());
    if (name === 'charset') charset = given.toLowerCase();
    // A boundary is made anew for every answer.
    parameters.push(name === 'boundary' ? name : `${name}=${name === 'charset' ? charset : given}`);
  }
  return { essence, charset, text: [essence, ...parameters.sort()].join('; ') };
}

/** What a body is compared as. */
export type BodyKind = 'json' | 'html' | 'text' | 'bytes';

export function bodyKindOf({ essence }: MediaType): BodyKind {
  if (essence === 'application/json' || essence.endsWith('+json') || essence === 'text/json') return 'json';
  if (essence === 'text/html' || essence === 'application/xhtml+xml') return 'html';
  if (essence.startsWith('text/') || essence.endsWith('+xml')) return 'text';
  return otherTexts.has(essence) ? 'text' : 'bytes';
}

const otherTexts: ReadonlySet<string> = new Set([
  ...['application/xml', 'application/javascript', 'application/ecmascript', 'application/x-javascript'],
  ...['application/x-www-form-urlencoded', 'application/x-ndjson', 'application/jsonl', 'application/graphql'],
  ...['application/yaml', 'application/x-yaml', 'application/toml', 'application/sql', 'application/csv'],
]);

export function splitOutsideQuotes(text: string, at: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quoted && character === '\\') i++;
    else if (character === '"') quoted = !quoted;
    else if (character === at && !quoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

export function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\([\s\S])/g, '$1');
}
