/** One step of a place in a JSON document, or of a path to one value. */
export type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any-key' }
  | { readonly kind: 'any-index' }
  /** `..`: any number of steps, none included. */
  | { readonly kind: 'deep' };

/** What may stand behind a dot as it is; any other key stands in brackets and quotes. */
const plainKey = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

export function isPlainKey(key: string): boolean {
  return plainKey.test(key);
}

/** `.name`, or `['odd name']`: what {@link parsePlace} reads back as the same key, on one line. */
export function keyText(key: string): string {
  return isPlainKey(key) ? `.${key}` : `['${key.replace(needsEscape, escaped)}']`;
}

/** Quotes, what a terminal or a log would act on, and halves of surrogate pairs, which no file could hold. */
const needsEscape = /['\\\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  let text = '';
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return text;
}
