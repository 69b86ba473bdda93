import type { z } from 'zod';
import { valueAt } from './draft.ts';
import { knownKeys } from './known-keys.ts';
import { wrongKind } from './leaf.ts';
import { errorAt, type Finding, isSecret, type Path, quote } from './problem.ts';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found, said in our words. `content` is what it was given. */
export function findingsOf(issues: readonly Issue[], content: unknown, above: Path = []): readonly Finding[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...(issue.path as Path)];
    const given = valueAt(content, path);
    if (given === undefined) return errorAt(path, `"${path.at(-1)}" is missing`);
    if (given === null) return errorAt(path, `"${path.at(-1)}" is empty`);
    const instead = isSecret(path) ? '' : `, not ${sayKind(given)}`;
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => errorAt([...path, key], sayUnknown(path, key), 'key'));
      case 'invalid_union':
        return insideUnion(issue, content, path, given);
      case 'invalid_key':
        return errorAt(path, said(path, issue.issues[0]?.message ?? issue.message), 'key');
      case 'invalid_type':
        return errorAt(path, said(path, `must be ${kinds[issue.expected] ?? issue.expected}${instead}`));
      case 'too_small':
        return errorAt(path, said(path, 'must not be an empty list'));
      default:
        return errorAt(path, said(path, isWrongKind(issue) ? `${issue.message}${instead}` : issue.message));
    }
  });
}

const kinds: Readonly<Record<string, string>> = { object: 'a map', record: 'a map', array: 'a list', string: 'text' };

/** A sentence of its own: the key that holds the value is the subject where the message names none. */
function said(path: Path, message: string): string {
  if (message.startsWith('"')) return message;
  const key = path.findLast((step) => typeof step === 'string');
  return key === undefined ? `the file ${message}` : `${quote(key)} ${message}`;
}

function sayUnknown(path: Path, key: string): string {
  return `unknown key ${quote(key)}${didYouMean(key, knownKeys(path))}`;
}

/** The issues of the one shape that was meant, or one sentence about all shapes. */
function insideUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  content: unknown,
  path: Path,
  given: unknown,
): readonly Finding[] {
  const meant = issue.errors.find((issues) => !issues.some((inner) => inner.path.length === 0 && isWrongKind(inner)));
  if (meant === undefined) return [errorAt(path, said(path, `${issue.message}, not ${sayKind(given)}`))];
  return findingsOf(meant, content, path);
}

function isWrongKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || (issue.code === 'custom' && issue.params?.[wrongKind] === true);
}

function sayKind(given: unknown): string {
  if (Array.isArray(given)) return 'a list';
  return typeof given === 'object' ? 'a map' : quote(given);
}
