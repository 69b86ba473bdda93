/**
 * Control characters (a line break that forges a log line, an escape sequence that repaints a terminal) and
 * the invisible marks that reorder text: nothing of the kind has a place in a line that a human reads.
 */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Text that came from outside, made safe to show on one line. */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}
