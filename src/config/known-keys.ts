import { type JsonSchema, jsonSchema } from './json-schema.ts';
import type { Path } from './problem.ts';

let published: JsonSchema | undefined;

/** The keys that the map at a path may have; none when there is no such map. */
export function knownKeys(path: Path): readonly string[] {
  published ??= jsonSchema();
  return [...new Set(keysUnder(published, path))];
}

function keysUnder(schema: JsonSchema, path: Path): readonly string[] {
  const shapes = [schema, ...(schema.anyOf ?? [])];
  const [step, ...rest] = path;
  if (step === undefined) {
    const own = Object.keys(schema.properties ?? {});
    return [...own, ...(schema.anyOf ?? []).flatMap((shape) => keysUnder(shape, path))];
  }
  return shapes.flatMap((shape) => {
    const inner = typeof step === 'number' ? shape.items : (shape.properties?.[step] ?? shape.additionalProperties);
    if (typeof inner === 'object') return keysUnder(inner, rest);
    return shape === schema ? [] : keysUnder(shape, path);
  });
}
