/**
 * Control characters, invisible ones and those that reorder text, written out: two answers that differ in nothing else
 * must not look alike, and no text from outside may repaint or reorder a page.
 */
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

export function visible(text: string): string {
  return text.replace(invisible, (char) => {
    const point = char.codePointAt(0)!;
    return point > 0xffff ? `\\u{${point.toString(16)}}` : `\\u${point.toString(16).padStart(4, '0')}`;
  });
}

/** Cut after so many characters, and saying so. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\ud800-\udbff]/.test(text[most - 1]!) ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more)`;
}
