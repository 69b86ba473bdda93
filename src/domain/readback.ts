/** The GET by which a write is read back: literal text, and what the match or legacy's answer fills in. */
export interface Readback {
  readonly pieces: readonly ReadbackPiece[];
  /** What the match has to bind: every `:name`. */
  readonly names: readonly string[];
}

export type ReadbackPiece =
  | { readonly literal: string }
  /** `:name`, from the match. */
  | { readonly bound: string }
  /** `{name}`, from the field of that name in legacy's JSON answer, else from the match. */
  | { readonly answered: string };

export class ReadbackError extends Error {
  override readonly name = 'ReadbackError';
  /** Where in the text, counted from 0. */
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

// In this order: the two kinds of names, and anything else that begins like one or has no place in a request line.
const special = /:([A-Za-z_]\w*)|\{([A-Za-z_][\w-]*)\}|[:{}#\\\p{Cc}\p{White_Space}]/gu;

const misplaced: ReadonlyMap<string, string> = new Map([
  [':', "a name follows ':'; a literal colon is %3A"],
  ['{', "a field of legacy's answer is written {name}; a literal brace is %7B"],
  ['}', "'}' without '{'; a literal one is %7D"],
  ['#', "a path has no '#'; a literal one is %23"],
]);

/** Reads `/api/orders/{id}` or `/api/orders/:id/items?full=1`; throws {@link ReadbackError}. */
export function parseReadback(text: string): Readback {
  if (text[0] !== '/') throw new ReadbackError("a path begins with '/'", 0);
  const pieces: ReadbackPiece[] = [];
  const names: string[] = [];
  let from = 0;
  const addLiteral = (to: number): void => {
    if (to > from) pieces.push({ literal: text.slice(from, to) });
  };
  for (const { 0: found, 1: bound, 2: answered, index } of text.matchAll(special)) {
    addLiteral(index);
    from = index + found.length;
    if (bound !== undefined) {
      pieces.push({ bound });
      names.push(bound);
    } else if (answered !== undefined) pieces.push({ answered });
    else throw new ReadbackError(misplaced.get(found) ?? 'it has a character that no path has', index);
  }
  addLiteral(text.length);
  return { pieces, names };
}
