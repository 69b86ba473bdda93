import { z } from 'zod';

/** A map of which every key is known. */
export function section<S extends z.ZodRawShape>(shape: S, description?: string) {
  const strict = z.strictObject(shape);
  return description === undefined ? strict : strict.describe(description);
}

/** A choice between shapes that differ in kind; `sentence` is said when the value has none of those kinds. */
export function either<const T extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(sentence: string, shapes: T) {
  return z.union(shapes, { error: sentence });
}
