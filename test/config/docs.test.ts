import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, jsonSchema } from '../../src/config/json-schema.ts';
import { problemsOf, read } from './reading.ts';

const page = readFileSync(new URL('../../docs/routes-yaml.md', import.meta.url), 'utf8');

/** Keys as the page writes them: `listen.port`, `<target>.url`, `routes[].match.path`. */
function keysOf(schema: JsonSchema, path = ''): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  const add = (key: string, defaults: Iterable<string>) => {
    keys.set(key, new Set([...(keys.get(key) ?? []), ...defaults]));
  };
  const addAll = (inner: Map<string, Set<string>>) => {
    for (const [key, defaults] of inner) add(key, defaults);
  };
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const key = path === '' ? name : `${path}.${name}`;
    add(key, inner.default === undefined ? [] : [asWritten(inner.default)]);
    addAll(keysOf(inner, key === 'legacy' ? '<target>' : key));
  }
  for (const shape of schema.anyOf ?? []) addAll(keysOf(shape, path));
  // A match in a list is the match itself once more; only the list of routes has items of its own.
  if (schema.items) addAll(keysOf(schema.items, path === 'routes' ? 'routes[]' : path));
  if (path === 'routes[].compose' && typeof schema.additionalProperties === 'object') {
    addAll(keysOf(schema.additionalProperties, '<part>'));
  }
  if (path === 'services' && typeof schema.additionalProperties === 'object') {
    addAll(keysOf(schema.additionalProperties, '<target>'));
  }
  return keys;
}

function asWritten(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function documentedRows(): Map<string, string> {
  const rows = page.matchAll(/^\| `([^`]+)` \|[^|]*\|([^|]*)\|[^|]*\|$/gm);
  return new Map([...rows].map(([, key, column]) => [key!, column!]));
}

describe('docs/routes-yaml.md', () => {
  const known = keysOf(jsonSchema());
  const rows = documentedRows();

  it('has a row for every key, and no row for anything else', () => {
    expect([...rows.keys()].sort()).toEqual([...known.keys()].sort());
  });

  it('tells every default', () => {
    for (const [key, defaults] of known) {
      const told = [...(rows.get(key) ?? '').matchAll(/`([^`]+)`/g)].map(([, value]) => value!);
      const expected = [...defaults].filter((value) => value !== '[]' || told.length > 0);
      if (expected.length > 0) expect(new Set(told), key).toEqual(new Set(expected));
    }
  });

  it('shows examples that are valid', () => {
    const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text!);
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      expect(problemsOf(example)).toEqual([]);
      expect(read(example).ok).toBe(true);
    }
  });
});
