import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, jsonSchema, jsonSchemaText } from '../../src/config/json-schema.ts';

function* schemasUnder(schema: JsonSchema, path: string): Generator<[path: string, schema: JsonSchema]> {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, inner];
    yield* schemasUnder(inner, `${path}.${key}`);
  }
  for (const shape of schema.anyOf ?? []) yield* schemasUnder(shape, path);
  if (schema.items) yield* schemasUnder(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') yield* schemasUnder(schema.additionalProperties, `${path}.*`);
}

describe('the published JSON Schema', () => {
  it('is what the schema says; `npm run schema` writes it anew', () => {
    expect(readFileSync(new URL('../../schema/routes.schema.json', import.meta.url), 'utf8')).toBe(jsonSchemaText());
  });

  it('describes every key', () => {
    const all = [...schemasUnder(jsonSchema(), '')];
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter(([, schema]) => typeof schema.description !== 'string').map(([path]) => path)).toEqual([]);
  });

  it('refuses unknown keys, as the proxy does', () => {
    const maps = [['', jsonSchema()] as const, ...schemasUnder(jsonSchema(), '')];
    const open = maps.filter(([, schema]) => schema.properties && schema.additionalProperties !== false);
    expect(open.map(([path]) => path)).toEqual([]);
  });
});
