import { sameNumber } from '../comparing/decimal.ts';

/** Deeper documents are not told on: everyone who writes them out again recurses. */
const deepest = 500;

export class JsonUnreadable extends Error {
  override readonly name = 'JsonUnreadable';
}

/**
 * Reads JSON without loss: a number that a double can't hold exactly (an id of twenty digits) becomes the text that it
 * was written as. Throws {@link JsonUnreadable}.
 */
export function parseExactly(text: string): unknown {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const plain = parse(body);
  const exact = withInexactAsText(body);
  return exact === body ? plain : parse(exact);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes what stood there, which nobody has redacted.
    throw new JsonUnreadable('it is not JSON');
  }
}

/** What has to be told apart in a text that is known to be JSON: where a string begins, brackets, numbers. */
const tokens = /["[\]{}]|-?\d[\d.eE+-]*/g;

function withInexactAsText(json: string): string {
  let depth = 0;
  let exact = '';
  let copied = 0;
  tokens.lastIndex = 0;
  for (let found = tokens.exec(json); found !== null; found = tokens.exec(json)) {
    const [token] = found;
    if (token === '"') tokens.lastIndex = endOfString(json, found.index);
    else if (token === '[' || token === '{') {
      if (++depth > deepest) throw new JsonUnreadable(`it is nested more than ${deepest} levels deep`);
    } else if (token === ']' || token === '}') depth--;
    else if (!isExact(token)) {
      exact += `${json.slice(copied, found.index)}"${token}"`;
      copied = found.index + token.length;
    }
  }
  return copied === 0 ? json : exact + json.slice(copied);
}

/** Behind the quote that ends the string which begins at `from`. */
function endOfString(json: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
}

/** Up to fifteen digits without an exponent always are. */
function isExact(number: string): boolean {
  return (number.length <= 15 && !/[eE]/.test(number)) || sameNumber(number, String(Number(number)));
}
