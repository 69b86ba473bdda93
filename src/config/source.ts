import { type Document, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import type { Environment } from './environment.ts';
import { type Finding, type Path, quote } from './problem.ts';
import { treeOf } from './tree.ts';
import { plainValues } from './values.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A problem of the YAML itself, which has a place but no path. */
interface SyntaxProblem extends Place {
  readonly message: string;
}

/** routes.yaml as plain values, and the way back from each value to its place in the text. */
export interface Source {
  /** `undefined` when the text is not one readable map. */
  readonly content: Readonly<Record<string, unknown>> | undefined;
  readonly syntax: readonly SyntaxProblem[];
  readonly findings: readonly Finding[];
  place(finding: Pick<Finding, 'path' | 'at'>): Place;
  /** The text of the scalar at a path, as it stands in the file. */
  spelling(path: Path): string | undefined;
}

export const parseOptions = { prettyErrors: false, stringKeys: true, strict: true, uniqueKeys: true } as const;

/** Errors after which the tree is still worth looking at, so that everything else is reported too. */
const survivable: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DIRECTIVE']);

export function readSource(text: string, env: Environment): Source {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { ...parseOptions, lineCounter: lines });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unreadable('the file is nested too deeply');
  }
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.some((error) => error.code === 'RESOURCE_EXHAUSTION'))
    return unreadable('the file is nested too deeply');
  const syntax = complaints.map((error) => ({ ...placeOf(error.pos[0]), message: sayYamlError(error, text) }));
  if (!complaints.every((error) => survivable.has(error.code))) return { ...unreadable(), syntax };

  const tree = treeOf(document);
  if (isBlank(tree.root) || (isScalar(tree.root) && tree.root.value === null)) return unreadable('the file is empty');
  const { value, findings } = plainValues(tree, env);
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord) return unreadable('the file must be a map that begins with "version: 1"');

  return {
    content: value as Record<string, unknown>,
    syntax,
    findings,
    place({ path, at }) {
      const { key, node } = tree.find(path);
      const blamed = at === 'key' || isBlank(node) ? (key ?? node) : node;
      return placeOf(blamed?.range?.[0] ?? 0);
    },
    spelling(path) {
      const { node } = tree.find(path);
      return isScalar(node) && node.range ? text.slice(node.range[0], node.range[1]) : undefined;
    },
  };
}

function unreadable(message?: string): Source {
  return {
    content: undefined,
    syntax: message === undefined ? [] : [{ line: 1, column: 1, message }],
    findings: [],
    place: () => ({ line: 1, column: 1 }),
    spelling: () => undefined,
  };
}

function sayYamlError(error: YAMLError, text: string): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here; the file is one document';
  if (error.code !== 'DUPLICATE_KEY') return error.message.replaceAll('\n', ' ');
  const key = /^[^\s:,}]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
  return `the key ${quote(key)} stands here twice`;
}

/** Nothing is written there: `key:` with no value behind it. */
function isBlank(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]);
}
