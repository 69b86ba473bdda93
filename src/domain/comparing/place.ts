import { isPlainKey, type Step } from './step.ts';

/** Where a rule holds, or where a mismatch was found. */
export type Place =
  | { readonly of: 'json'; readonly steps: readonly Step[] }
  /** `part` names a cookie of `header:set-cookie`: `*` is any. */
  | { readonly of: 'header'; readonly name: string; readonly part: string | null }
  | { readonly of: 'status' }
  | { readonly of: 'body' };

export class PlaceError extends Error {
  override readonly name = 'PlaceError';
  /** Where in the text, counted from 0. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads `$`, `$.a.b`, `$['odd key']`, `$.items[*].at`, `$.items[0]`, `$.links.*`, `$..id` (at any depth), `header:etag`,
 * `header:set-cookie:theme`, `status` or `body`. Every path and pattern of a mismatch that was not cut is one of these,
 * save for the lines of a text (`body:12`). Throws {@link PlaceError}.
 */
export function parsePlace(text: string): Place {
  if (text === 'status') return { of: 'status' };
  if (text === 'body') return { of: 'body' };
  if (text.startsWith('header:')) return parseHeader(text);
  if (text.startsWith('$')) return { of: 'json', steps: parseSteps(text) };
  throw new PlaceError('a place begins with $ or header:, or is status or body', 0);
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function parseHeader(text: string): Place {
  const [, name = '', part = null, ...rest] = text.split(':');
  if (!token.test(name)) throw new PlaceError('this is no name of a header', 'header:'.length);
  const lower = name.toLowerCase();
  if (part === null) return { of: 'header', name: lower, part: null };
  const offset = 'header:'.length + name.length + 1;
  if (lower !== 'set-cookie') throw new PlaceError('only set-cookie has parts', offset - 1);
  if (rest.length > 0 || !token.test(part)) throw new PlaceError('this is no name of a cookie', offset);
  return { of: 'header', name: lower, part };
}

/** Rules with more steps than this are slips; documents are not compared by structure any deeper. */
const mostSteps = 100;

function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  let at = 1;
  while (at < text.length) {
    if (text.startsWith('..', at)) {
      steps.push({ kind: 'deep' });
      at += 2;
      if (at === text.length) throw new PlaceError('a key is missing after ..', at);
      if (text[at] !== '[') at = readName(text, at, steps);
    } else if (text[at] === '.') at = readName(text, at + 1, steps);
    else if (text[at] === '[') at = readBrackets(text, at, steps);
    else throw new PlaceError('expected . or [', at);
    if (steps.length > mostSteps) throw new PlaceError(`more than ${mostSteps} steps`, at);
  }
  return steps;
}

function readName(text: string, from: number, steps: Step[]): number {
  let to = from;
  while (to < text.length && text[to] !== '.' && text[to] !== '[') to++;
  const name = text.slice(from, to);
  if (name === '') throw new PlaceError('a key is missing after the dot', from);
  if (name === '*') steps.push({ kind: 'any-key' });
  else if (isPlainKey(name) || /^\d+$/.test(name)) steps.push({ kind: 'key', key: name });
  else throw new PlaceError(`write an unusual key as ['${name.replaceAll("'", "\\'")}']`, from);
  return to;
}

function readBrackets(text: string, from: number, steps: Step[]): number {
  const quote = text[from + 1];
  if (quote === "'" || quote === '"') return readQuoted(text, from, quote, steps);
  const to = text.indexOf(']', from);
  if (to === -1) throw new PlaceError('this [ has no ]', from);
  const inside = text.slice(from + 1, to);
  if (inside === '*') steps.push({ kind: 'any-index' });
  else if (/^(?:0|[1-9]\d{0,8})$/.test(inside)) steps.push({ kind: 'index', index: Number(inside) });
  else throw new PlaceError("in brackets stands a position counted from 0, * or a 'quoted key'", from + 1);
  return to + 1;
}

function readQuoted(text: string, from: number, quote: string, steps: Step[]): number {
  let key = '';
  let at = from + 2;
  while (at < text.length && text[at] !== quote) {
    if (text[at] !== '\\') {
      key += text[at++];
      continue;
    }
    const code = /^\\u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))?.[1];
    if (code !== undefined) {
      key += String.fromCharCode(Number.parseInt(code, 16));
      at += 6;
    } else {
      const literal = text[at + 1];
      if (literal !== "'" && literal !== '"' && literal !== '\\')
        throw new PlaceError(
          'only \\\', \\", \\\\ and \\u with four hexadecimal digits may follow a backslash here',
          at,
        );
      key += literal;
      at += 2;
    }
  }
  if (at >= text.length) throw new PlaceError('this quote has no end', from + 1);
  if (text[at + 1] !== ']') throw new PlaceError('expected ] after the quoted key', at + 1);
  steps.push({ kind: 'key', key });
  return at + 2;
}
