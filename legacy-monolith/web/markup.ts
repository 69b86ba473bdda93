/** HTML that is already safe; everything else that is put into a template is escaped. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Insert = Markup | string | number | null | undefined | readonly Insert[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!);

function written(insert: Insert): string {
  if (insert === null || insert === undefined) return '';
  if (insert instanceof Markup) return insert.toString();
  if (Array.isArray(insert)) return insert.map(written).join('');
  return escaped(String(insert));
}

export function html(texts: TemplateStringsArray, ...inserts: Insert[]): Markup {
  return new Markup(texts.map((text, index) => text + written(inserts[index])).join(''));
}
