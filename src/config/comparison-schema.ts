import { z } from 'zod';
import { parseNormalization } from '../domain/comparing/normalization.ts';
import { type Place, PlaceError, parsePlace } from '../domain/comparing/place.ts';
import { RuleError } from '../domain/comparing/rule-error.ts';
import { parseTolerance } from '../domain/comparing/tolerance-text.ts';
import type { ComparisonRules } from '../domain/shadow.ts';
import { leaf, orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { quote } from './problem.ts';
import { text } from './scalars.ts';
import { either } from './sections.ts';

const begins = { json: '$', header: 'header:', status: 'status', body: 'body' } as const;

/** Where a rule holds: `$.items[*].at`, `header:etag`, `status`, `body`; or only where this kind of rule can. */
export function place(...kinds: readonly (keyof typeof begins)[]) {
  const allowed = kinds.length === 0 ? (Object.keys(begins) as (keyof typeof begins)[]) : kinds;
  const listed = allowed.map((kind) => begins[kind]).join(', ');
  return textLeaf(
    'a place such as $.items[*].at',
    (written) => {
      if (allowed.includes(readPlace(written).of)) return written;
      throw new Unacceptable(`${quote(written)} is no place for this: it begins with ${listed}`);
    },
    {
      pattern: orEnvironment(`^(${allowed.map((kind) => begins[kind].replace('$', '\\$')).join('|')})`),
      examples: ['$.generatedAt', '$.items[*].at', 'header:location'].filter(
        (example) => allowed.includes('header') || example.startsWith('$'),
      ),
    },
  );
}

function readPlace(written: string): Place {
  try {
    return parsePlace(written);
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    throw new Unacceptable(`${quote(written)} is not a place: ${error.message} (character ${error.offset + 1})`);
  }
}

function readRule<T>(written: string, parse: (text: string) => T): T {
  try {
    return parse(written);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new Unacceptable(`${quote(written)} ${error.message}`);
  }
}

const oneTolerance = leaf(
  'a tolerance such as 0.01, 1% or ±5s',
  (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    return readRule(String(value), parseTolerance);
  },
  { type: ['number', 'string'], minimum: 0, examples: [0.01, '1%', '±5s'] },
);

export const tolerance = z
  .record(place('json', 'header'), oneTolerance)
  .transform((map): ComparisonRules['tolerance'] => Object.entries(map).map(([at, by]) => ({ at, by })));

const keyed = z
  .record(place('json'), text('the key of its elements'))
  .transform((map): ComparisonRules['unordered'] => Object.entries(map).map(([at, key]) => ({ at, key })));

export const unordered = either('must be a list of places, or a map of places and keys', [
  z
    .array(
      either('must be a place, or a map of a place and a key', [
        place('json').transform((at): ComparisonRules['unordered'] => [{ at, key: null }]),
        keyed,
      ]),
    )
    .transform((items) => items.flat()),
  keyed,
]);

const normalization = textLeaf("a normalization such as 's#pattern#text#'", (written) => written, {
  examples: ['s#https?://[^/]+##'],
});

export const normalize = z
  .record(
    place('json', 'header', 'body'),
    either('must be s#pattern#text#, or a list of such', [normalization, z.array(normalization).min(1)]),
  )
  .transform((map, context): ComparisonRules['normalize'] =>
    Object.entries(map).flatMap(([at, written]) =>
      [written].flat().flatMap((one, index) => {
        try {
          return [parseNormalization(at, one)];
        } catch (error) {
          if (!(error instanceof RuleError)) throw error;
          const path = Array.isArray(written) ? [at, index] : [at];
          context.issues.push({ code: 'custom', path, message: `${quote(one)} ${error.message}`, input: one });
          return [];
        }
      }),
    ),
  );
