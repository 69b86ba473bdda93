import { styleText } from 'node:util';

export interface Paint {
  bold(text: string): string;
  quiet(text: string): string;
  name(text: string): string;
  bad(text: string): string;
}

type Style = Parameters<typeof styleText>[0];

/** Colours where somebody looks at them: a terminal, unless NO_COLOR asks for none. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const coloured = stream.isTTY === true && !process.env.NO_COLOR;
  const paint =
    (style: Style) =>
    (text: string): string =>
      coloured ? styleText(style, text) : text;
  return { bold: paint('bold'), quiet: paint('dim'), name: paint('cyan'), bad: paint('red') };
}
