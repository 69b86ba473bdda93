/**
 * JSON as it was written: numbers keep their digits and keys their repetitions, which `JSON.parse` would lose and which
 * may be the very difference that is to be seen.
 */
export type JsonNode =
  /** The text of a string, number, `true`, `false` or `null`. */
  | { readonly kind: 'scalar'; readonly text: string }
  /** `key` is decoded, `spelt` as it was written, with its quotes. */
  | { readonly kind: 'object'; readonly entries: readonly JsonEntry[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] };

export interface JsonEntry {
  readonly key: string;
  readonly spelt: string;
  readonly value: JsonNode;
}

/** Deeper than anyone reads, and far from the end of the stack. */
const deepest = 200;

/** `null`: it is no JSON, or too deep to be shown as such. */
export function jsonTree(text: string): JsonNode | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const reader = { text, at: 0 };
  return readValue(reader, 0);
}

interface Reader {
  readonly text: string;
  at: number;
}

function readValue(reader: Reader, depth: number): JsonNode | null {
  if (depth > deepest) return null;
  const first = next(reader);
  if (first === '{') return readObject(reader, depth);
  if (first === '[') return readArray(reader, depth);
  return { kind: 'scalar', text: first === '"' ? readString(reader) : readWord(reader) };
}

function readObject(reader: Reader, depth: number): JsonNode | null {
  const entries: JsonEntry[] = [];
  reader.at++;
  while (next(reader) !== '}') {
    if (next(reader) === ',') reader.at++;
    next(reader);
    const spelt = readString(reader);
    next(reader);
    reader.at++;
    const value = readValue(reader, depth + 1);
    if (value === null) return null;
    entries.push({ key: JSON.parse(spelt) as string, spelt, value });
  }
  reader.at++;
  return { kind: 'object', entries };
}

function readArray(reader: Reader, depth: number): JsonNode | null {
  const items: JsonNode[] = [];
  reader.at++;
  while (next(reader) !== ']') {
    if (next(reader) === ',') reader.at++;
    const item = readValue(reader, depth + 1);
    if (item === null) return null;
    items.push(item);
  }
  reader.at++;
  return { kind: 'array', items };
}

/** The next character that is no white space; the text has been found valid before. */
function next(reader: Reader): string {
  while (' \t\n\r'.includes(reader.text[reader.at]!)) reader.at++;
  return reader.text[reader.at]!;
}

function readString(reader: Reader): string {
  const from = reader.at;
  let end = from + 1;
  while (reader.text[end] !== '"') end += reader.text[end] === '\\' ? 2 : 1;
  reader.at = end + 1;
  return reader.text.slice(from, reader.at);
}

function readWord(reader: Reader): string {
  const from = reader.at;
  while (reader.at < reader.text.length && !',]} \t\n\r'.includes(reader.text[reader.at]!)) reader.at++;
  return reader.text.slice(from, reader.at);
}

/** On one line, without white space. */
export function flatText(node: JsonNode): string {
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'array') return `[${node.items.map(flatText).join(',')}]`;
  return `{${node.entries.map(({ spelt, value }) => `${spelt}:${flatText(value)}`).join(',')}}`;
}

/** What stands at the end of a way through objects and arrays; of keys that come twice the last counts. */
export function nodeAt(root: JsonNode, way: readonly (string | number)[]): JsonNode | null {
  let node: JsonNode | undefined = root;
  for (const step of way) {
    if (node === undefined || node.kind === 'scalar') return null;
    if (node.kind === 'array') node = typeof step === 'number' ? node.items[step] : undefined;
    else node = node.entries.findLast(({ key }) => key === step)?.value;
  }
  return node ?? null;
}
