import { z } from 'zod';

/** JSON Schema keywords, for editors: what a leaf accepts before the environment is read in. */
export type Hints = Readonly<Record<string, unknown>>;

/**
 * Thrown by a leaf's `read`: the value is of the right kind and still not acceptable. The message goes on where
 * the key's name ends ("must be…"), unless it begins with the quoted value itself.
 */
export class Unacceptable extends Error {
  override readonly name = 'Unacceptable';
}

/** The root issue of a leaf that was given another kind of value; a choice between shapes passes it over. */
export const wrongKind = 'wrong-kind';

/** What a text that reads the environment looks like: editors can't know what it will say. */
export const environmentPattern = '\\$\\{';

/**
 * One value of routes.yaml. `read` gives `undefined` for another kind of value than `kind` names, and throws
 * {@link Unacceptable} for the right kind with the wrong content.
 */
export function leaf<T>(kind: string, read: (value: unknown) => T | undefined, hints: Hints) {
  return z
    .unknown()
    .transform((value, context): T => {
      try {
        const result = read(value);
        if (result !== undefined) return result;
        context.issues.push({
          code: 'custom',
          message: `must be ${kind}`,
          params: { [wrongKind]: true },
          input: value,
        });
      } catch (error) {
        if (!(error instanceof Unacceptable)) throw error;
        context.issues.push({ code: 'custom', message: error.message, input: value });
      }
      return z.NEVER;
    })
    .meta(hints);
}

/** A leaf that is written as text. */
export function textLeaf<T>(kind: string, read: (text: string) => T, hints: Hints) {
  return leaf(kind, (value) => (typeof value === 'string' ? read(value) : undefined), { type: 'string', ...hints });
}

/** A regular expression for editors that lets references to the environment through. */
export function orEnvironment(pattern: string): string {
  return `${pattern}|${environmentPattern}`;
}
