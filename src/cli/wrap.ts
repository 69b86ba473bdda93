import { stripVTControlCharacters } from 'node:util';

/** `text` in lines of at most `columns`, broken between words; a longer word has a line of its own. `null`: there is no end. */
export function wrapped(text: string, columns: number | null): string[] {
  if (columns === null) return [text];
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (shownWidth(lines[last]!) + shownWidth(word) >= columns) lines.push(word);
    else lines[last] += `${lines[last] === '' ? '' : ' '}${word}`;
  }
  return lines[0] === '' && lines.length > 1 ? lines.slice(1) : lines;
}

/** Colours take no room. */
export function shownWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
