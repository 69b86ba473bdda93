import type { Normalization } from '../shadow.ts';
import { parsePlace } from './place.ts';
import { RuleError, RuleFailure, type RuleWatch } from './rule-error.ts';

const specialInPatterns = /[\\^$.*+?()[\]{}|]/;
const longest = 10_000;

/**
 * Reads `s#pattern#replacement#flags`, with any delimiter that is neither a letter, a digit, a space nor a backslash.
 * The pattern is a JavaScript one; flags are g, i, m, s and u. A delimiter behind a backslash is meant literally.
 * Throws {@link RuleError}.
 */
export function parseNormalization(at: string, text: string): Normalization {
  const delimiter = text[1];
  if (text[0] !== 's' || delimiter === undefined || /[\p{L}\p{N}\s\\]/u.test(delimiter))
    throw new RuleError('is no rewriting such as s#pattern#replacement#');
  if (text.length > longest) throw new RuleError(`is longer than ${longest} characters`);
  const parts = split(text.slice(2), delimiter);
  if (parts.length < 3)
    throw new RuleError(`lacks a ${delimiter}: it is written s${delimiter}pattern${delimiter}replacement${delimiter}`);
  if (parts.length > 3)
    throw new RuleError(`has more than three ${delimiter}: another delimiter helps, as in s~pattern~replacement~`);
  const [pattern, replacement, flags] = parts as [string, string, string];
  const escaped = `\\${delimiter}`;
  const rule: Normalization = {
    at,
    pattern: specialInPatterns.test(delimiter) ? pattern : pattern.replaceAll(escaped, delimiter),
    flags,
    replacement: replacement.replaceAll(escaped, delimiter),
  };
  compileNormalization(rule, 0, '');
  return rule;
}

/** As {@link parseNormalization} reads it. */
export function normalizationText({ pattern, replacement, flags }: Normalization): string {
  const delimiter = ['#', '/', '~', '|', '@', '!', ','].find(
    (one) => !pattern.includes(one) && !replacement.includes(one),
  );
  return delimiter === undefined
    ? `s#${pattern.replaceAll('#', '\\#')}#${replacement.replaceAll('#', '\\#')}#${flags}`
    : `s${delimiter}${pattern}${delimiter}${replacement}${delimiter}${flags}`;
}

function split(text: string, delimiter: string): string[] {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\' && i + 1 < text.length) parts[parts.length - 1] += character + text[++i]!;
    else if (character === delimiter) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** A text, or the number of a group (0: all that matched). */
type Piece = string | number;

/** One rewriting, ready to run. */
export interface Rewriting {
  readonly rule: number;
  readonly name: string;
  readonly regex: RegExp;
  readonly pieces: readonly Piece[];
}

/** Throws {@link RuleError}. */
export function compileNormalization(from: Normalization, rule: number, name: string): Rewriting {
  parsePlace(from.at);
  if (!/^[gimsu]*$/.test(from.flags)) throw new RuleError('has a flag that is none of g, i, m, s and u');
  try {
    return { rule, name, regex: new RegExp(from.pattern, from.flags), pieces: parsePieces(from.replacement) };
  } catch (error) {
    throw new RuleError(
      `is no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`,
    );
  }
}

const reference = /\$(?:\$|&|(\d{1,2}))|\\(?:(\d)|([\s\S]))/g;
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** `$1`, `\1`, `$&` refer to what matched; `$$`, `\\` and `\n` are what they are everywhere. */
function parsePieces(replacement: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of replacement.matchAll(reference)) {
    if (found.index > from) pieces.push(replacement.slice(from, found.index));
    from = found.index + found[0].length;
    const group = found[1] ?? found[2];
    if (group !== undefined) pieces.push(Number(group));
    else if (found[0] === '$&') pieces.push(0);
    else if (found[3] !== undefined) pieces.push(controls[found[3]] ?? found[3]);
    else pieces.push('$');
  }
  if (from < replacement.length) pieces.push(replacement.slice(from));
  return pieces;
}

/** The most that one rewriting may give, in characters. */
const mostOutput = 1024 * 1024;

/**
 * The text, rewritten. Throws {@link RuleFailure} where the expression gives up or the outcome is longer than a whole
 * body may be: `replace` itself would build it first.
 */
export function rewritten(text: string, by: Rewriting, watch: RuleWatch | undefined): string {
  const { regex } = by;
  watch?.enter(by.rule);
  try {
    regex.lastIndex = 0;
    let found = regex.exec(text);
    if (found === null) return text;
    let from = 0;
    let output = '';
    while (found !== null) {
      output += text.slice(from, found.index) + expanded(found, by.pieces);
      if (output.length > mostOutput) throw new RuleFailure(by.name, 'its outcome is longer than 1 MiB');
      from = found.index + found[0].length;
      if (!regex.global) break;
      if (found[0] === '') regex.lastIndex += (text.codePointAt(from) ?? 0) > 0xffff && regex.unicode ? 2 : 1;
      found = regex.exec(text);
    }
    output += text.slice(from);
    if (output.length > mostOutput) throw new RuleFailure(by.name, 'its outcome is longer than 1 MiB');
    return output;
  } catch (error) {
    throw error instanceof RuleFailure ? error : new RuleFailure(by.name, (error as Error).message);
  } finally {
    watch?.leave();
  }
}

/** One after the other. Throws like {@link rewritten}. */
export function rewrittenBy(all: readonly Rewriting[], text: string, watch: RuleWatch | undefined): string {
  return all.reduce((so, by) => rewritten(so, by, watch), text);
}

function expanded(found: RegExpExecArray, pieces: readonly Piece[]): string {
  let text = '';
  for (const piece of pieces) {
    text += typeof piece === 'string' ? piece : (found[piece] ?? '');
    if (text.length > mostOutput) break;
  }
  return text;
}
