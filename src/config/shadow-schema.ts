import { z } from 'zod';
import { parseReadback, ReadbackError } from '../domain/readback.ts';
import { type ShadowWrites, unshadowed } from '../domain/shadow.ts';
import { instanceUrl } from './addresses.ts';
import { normalize, place, tolerance, unordered } from './comparison-schema.ts';
import { environmentPattern, orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { headerName, methodList, withHead } from './matching.ts';
import { quote } from './problem.ts';
import { duration, integer, percent, share, size } from './scalars.ts';
import { either, section } from './sections.ts';
import { didYouMean } from './suggest.ts';

const writesShapes = 'must be off, header, { url: … } or { readback: { get: … } }';

const writesWord = textLeaf(
  'off or header',
  (written): ShadowWrites => {
    if (written === 'off' || written === 'header') return { mode: written };
    throw new Unacceptable(`${writesShapes}, not ${quote(written)}${didYouMean(written, ['off', 'header'])}`);
  },
  {
    anyOf: [
      { type: 'string', enum: ['off', 'header'] },
      { type: 'string', pattern: environmentPattern },
    ],
  },
);

const readbackPath = textLeaf(
  "a path such as '/api/orders/{id}'",
  (written) => {
    try {
      parseReadback(written);
      return written;
    } catch (error) {
      if (!(error instanceof ReadbackError)) throw error;
      throw new Unacceptable(`${quote(written)} is not a valid path: ${error.message} (character ${error.index + 1})`);
    }
  },
  { pattern: orEnvironment('^/'), examples: ['/api/orders/{id}', '/api/orders/:id'] },
);

const writesMap = section({
  url: instanceUrl()
    .optional()
    .describe("A sister instance of the service, with data that may be spoilt: gets the writes' copies."),
  readback: section({
    get: readbackPath.describe("What is asked of both sides: `:names` from the match, `{names}` from legacy's answer."),
    within: duration({ most: '1m' }).prefault('5s').describe('How long the two may take to agree.'),
  })
    .optional()
    .describe('The write goes to legacy only; then this GET is compared on both.'),
}).transform((map, context): ShadowWrites => {
  const { url, readback } = map;
  if (url !== undefined && readback === undefined) return { mode: 'url', url };
  if (readback !== undefined && url === undefined) return { mode: 'readback', ...readback };
  context.issues.push({
    code: 'custom',
    message: url === undefined ? 'needs "url" or "readback"' : 'takes "url" or "readback", not both',
    input: map,
  });
  return z.NEVER;
});

const shadowMap = section({
  percent: percent().prefault(100).describe('The share of requests that are copied to the other target.'),
  methods: methodList()
    .transform(withHead)
    .optional()
    .describe('The methods that are copied; GET and HEAD when absent. Those that write need `writes`.'),
  writes: either(writesShapes, [writesWord, writesMap])
    .prefault('off')
    .describe('What is done with methods that write: off, header, { url: … } or { readback: { get: … } }.'),
  timeout: duration({ most: '5m' }).prefault('10s').describe('For the whole of a copy: connect, wait, read.'),
  body: size({ most: '4MiB' }).prefault('256KiB').describe('The most that is kept of one body, as sent, on each side.'),
  noise: share()
    .prefault(unshadowed.noise)
    .describe('The share of GETs and HEADs that legacy is asked twice, to learn what it differs in from itself.'),
  confirm: duration({ allowZero: true, most: '1m' })
    .prefault('0')
    .describe('After how long a GET that differed is asked again on both sides; 0 never asks again.'),
  ignore: z
    .array(place())
    .prefault([])
    .describe('Places that are not compared: `$.a.b`, `$.items[*].at`, `header:location`.'),
  tolerance: tolerance.prefault({}).describe('How far values at a place may lie apart: `0.01`, `1%` or `±5s`.'),
  unordered: unordered
    .prefault([])
    .describe('Arrays that are compared as sets: a list of places, or a map of places and the key of their elements.'),
  normalize: normalize
    .prefault({})
    .describe('Rewrites values of both sides before they are compared: `s#pattern#text#`, or a list of such.'),
  headers: z
    .array(headerName())
    .prefault([])
    .describe('Headers that are compared besides content-type, location, cache-control and cookies.'),
});

export const shadow = either('must be a percent, or a map', [
  percent().transform((percent): z.output<typeof shadowMap> => ({ ...shadowMap.parse({}), percent })),
  shadowMap,
]);

export type ShadowEntry = z.output<typeof shadow>;

export const redact = section({
  headers: z.array(headerName()).prefault([]).describe('Headers whose values are never kept.'),
  paths: z
    .array(place('json'))
    .prefault([])
    .describe('Places in JSON bodies whose values are never kept: `$.customer.email`.'),
});

export const evidence = section({
  keep: duration({ least: '1m' }).prefault('7d').describe('How long evidence is kept.'),
  size: size({ least: '1MiB', most: '1GiB' }).prefault('32MiB').describe('Room for examples, for all routes together.'),
  examples: integer(0, 100).prefault(20).describe('Examples kept of each cluster.'),
});
