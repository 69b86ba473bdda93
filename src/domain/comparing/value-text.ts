import { endOf, startOf, type Tape, textBetween } from './tape.ts';

/**
 * A value's JSON text as it was sent, without the white space around its parts. Text beyond `most` characters is left
 * out, and its end says so.
 */
export function valueText(tape: Tape, node: number, most: number): string {
  return spanText(tape.bytes, startOf(tape, node), endOf(tape, node), most);
}

export function spanText(bytes: Uint8Array, start: number, end: number, most: number): string {
  let text = '';
  let at = start;
  let from = start;
  while (at < end && text.length + (at - from) <= most * 4) {
    const byte = bytes[at]!;
    if (byte === 0x22) at = afterString(bytes, at + 1, Math.min(end, at + most * 4 + 8));
    else if (byte <= 0x20) {
      text += textBetween(bytes, from, at);
      while (at < end && bytes[at]! <= 0x20) at++;
      from = at;
    } else at++;
  }
  text += textBetween(bytes, from, Math.min(at, end));
  return cutText(text, most, end - start);
}

function afterString(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
  return at + 1;
}

/** The text, or its beginning and how many bytes there are of it. */
export function cutText(text: string, most: number, bytes: number): string {
  if (text.length <= most) return text;
  const to = most > 0 && isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, to)}… (cut: ${bytes} bytes)`;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
