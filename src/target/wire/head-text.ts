import { tokenCharacters, valueCharacters } from '../../domain/fields.ts';
import { WireError } from './wire-error.ts';

const CR = 13;
const LF = 10;

/** `HTTP/1.x SP 3DIGIT [SP reason] CRLF`; the reason is `text.slice(13, lineEnd)`. */
export function readStatusLine(text: string): number {
  const version = text.charCodeAt(7);
  if (!text.startsWith('HTTP/1.') || (version !== 48 && version !== 49) || text.charCodeAt(8) !== 32) {
    throw new WireError('not an HTTP/1 response');
  }
  let status = 0;
  for (let at = 9; at < 12; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) throw new WireError('invalid status code');
    status = status * 10 + digit;
  }
  if (status < 100) throw new WireError('invalid status code');
  const after = text.charCodeAt(12);
  if (after !== 32 && after !== CR) throw new WireError('invalid status line');
  for (let at = 12; ; at++) {
    const code = text.charCodeAt(at);
    if (code === CR && text.charCodeAt(at + 1) === LF) return status;
    if (valueCharacters[code] !== 1) throw new WireError('invalid status line');
  }
}

/** Flat `[name, value, …]` of every `name: value CRLF` from `at` to the end of `text`. */
export function readFields(text: string, at: number): string[] {
  const fields: string[] = [];
  const end = text.length;
  while (at < end) {
    const nameStart = at;
    while (tokenCharacters[text.charCodeAt(at)] === 1) at++;
    if (at === nameStart || text.charCodeAt(at) !== 58) throw new WireError('invalid header name');
    const name = text.slice(nameStart, at);
    at++;
    while (isBlank(text.charCodeAt(at))) at++;
    const valueStart = at;
    while (valueCharacters[text.charCodeAt(at)] === 1) at++;
    if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) throw new WireError('invalid header value');
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
    fields.push(name, text.slice(valueStart, valueEnd));
    at += 2;
  }
  return fields;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
