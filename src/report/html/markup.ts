import { visible } from '../visible.ts';

/** HTML that was written here. Whatever is not of this type is text, and is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | string | number | null | readonly (Markup | string)[];

/** A template whose values are text unless they are markup themselves; lists are joined, `null` is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  return new Markup(parts.map((part, index) => part + (index < values.length ? written(values[index]!) : '')).join(''));
}

function written(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece));
  return piece.map(written).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For elements and for quoted attributes alike. */
function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (char) => entities[char]!);
}
