import { z } from 'zod';
import type { Match } from '../domain/settings.ts';
import { compose } from './compose-schema.ts';
import { textLeaf, Unacceptable } from './leaf.ts';
import { headerName, matchHost, matchText, methodList, pathPattern, rewritePath } from './matching.ts';
import { name } from './names.ts';
import { guard } from './policy-schema.ts';
import { quote } from './problem.ts';
import { publish } from './publish-schema.ts';
import { rollout } from './rollout-schema.ts';
import { choice, integer, percent } from './scalars.ts';
import { either, section } from './sections.ts';
import { shadow } from './shadow-schema.ts';

const value = textLeaf('text; quote numbers, true and false', (written) => written, {});

const matchMap = section({
  methods: methodList()
    .optional()
    .describe('Any of these methods; GET lets HEAD through too. Every method when absent.'),
  path: pathPattern().prefault('/*').describe('The path: `/api/orders/:id`, `/v:major{[0-9]+}/x`, `/static/*`.'),
  host: matchHost().optional().describe('The Host without port, or `*.example.com`.'),
  headers: z.record(headerName(), value).prefault({}).describe('Headers and their exact values; `*` is any value.'),
  query: z
    .record(z.string(), value)
    .prefault({})
    .describe('Query parameters and their exact values; `*` is any value.'),
}).transform(
  (map): Match => ({
    methods: map.methods ?? null,
    path: map.path,
    host: map.host ?? null,
    headers: Object.entries(map.headers),
    query: Object.entries(map.query),
  }),
);

const oneMatch = either('must be "METHOD /path" or a map', [matchText(), matchMap]);

const match = either('must be "METHOD /path", a map, or a list of those', [
  matchText().transform((one): Match[] => [one]),
  matchMap.transform((one): Match[] => [one]),
  z.array(oneMatch).min(1),
]);

const fallbackShapes = 'must be none or { on: [502, 503, 504] }';

const noFallback = textLeaf(
  'none',
  (written) => {
    if (written === 'none') return null;
    throw new Unacceptable(`${fallbackShapes}, not ${quote(written)}`);
  },
  { enum: ['none'] },
);

const fallback = either(fallbackShapes, [
  noFallback,
  section({
    on: z
      .array(integer(400, 599))
      .prefault([502, 503, 504])
      .describe('Answers of the service instead of which legacy is asked.'),
  }),
]);

export const routeSection = {
  id: name('a route id')
    .optional()
    .describe('Its name in commands, metrics and history; made from the match when absent.'),
  match: match.describe('Which requests take this route. Everything that no route matches goes to legacy.'),
  service: name('the name of a service').optional().describe('The service that this endpoint is moving to.'),
  compose: compose
    .optional()
    .describe('In the place of `service`: parts, by name, that several services give and that make one JSON answer.'),
  group: name('the name of a group')
    .optional()
    .describe(
      "Routes of one group share their buckets; the service's name when absent, or the id of a composed route.",
    ),
  rewrite: rewritePath().optional().describe("The service's own path; `:names` and a final `*` come from the match."),
  percent: percent().optional().describe('The share of callers whom the service answers. Absent: 100, it has moved.'),
  fallback: fallback
    .optional()
    .describe('When legacy answers a replayable request that the service failed: none, or { on: [502, 503, 504] }.'),
  fallthrough: z
    .array(integer(400, 599))
    .prefault([])
    .describe('Answers that mean "not here yet", such as 404 and 501: legacy is asked, and nothing has failed.'),
  legacy: choice(['retired'])
    .optional()
    .describe("Says that legacy's code for this is gone: no fallback, no rollback, no shadow."),
  shadow: shadow
    .optional()
    .describe('Copies requests to the other target and compares the answers: a percent, or a map.'),
  rollout: rollout.optional().describe('How its percent grows by itself once `strangler rollout start` has been said.'),
  publish: publish
    .optional()
    .describe('Turns its successful answers into events, whoever gave them: a map, or a list of such.'),
  guard: guard
    .prefault({})
    .describe('Takes a split back to 0 where the service clearly fails more often than legacy; or off.'),
};

export const routeSchema = section(routeSection).meta({
  // That a route has one of them, and no more, is checked across keys; editors are told here.
  oneOf: [{ required: ['service'] }, { required: ['compose'] }],
});
