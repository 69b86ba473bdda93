/**
 * The text as Node hands it over from the wire: its UTF-8 bytes, one latin1 character a byte. What people write
 * in routes.yaml or on a command line goes through here before it is held against a request.
 */
export function asWireText(text: string): string {
  let ascii = true;
  for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 0x80;
  return ascii ? text : utf8(text);
}

const LONE_SURROGATE = 0xfffd;

function utf8(text: string): string {
  let out = '';
  for (const character of text) {
    const scalar = character.codePointAt(0)!;
    const point = scalar >= 0xd800 && scalar <= 0xdfff ? LONE_SURROGATE : scalar;
    if (point < 0x80) out += String.fromCharCode(point);
    else if (point < 0x800) out += String.fromCharCode(0xc0 | (point >> 6), tail(point, 0));
    else if (point < 0x10000) out += String.fromCharCode(0xe0 | (point >> 12), tail(point, 6), tail(point, 0));
    else out += String.fromCharCode(0xf0 | (point >> 18), tail(point, 12), tail(point, 6), tail(point, 0));
  }
  return out;
}

const tail = (point: number, shift: number): number => 0x80 | ((point >> shift) & 0x3f);
