/** `strangler report --json` as docs/reports.md promises it: nothing less, and nothing more. */
import { z } from 'zod';
import { mismatchKinds } from '../../src/domain/mismatch.ts';
import { verdictWords } from '../../src/domain/report-model.ts';
import { skipReasons } from '../../src/domain/shadow.ts';

const count = z.int().nonnegative();
const percent = z.number().min(0).max(100);
const moment = z.iso.datetime();
const milliseconds = z.number().nonnegative();

const counts = {
  eligible: count,
  judged: count,
  compared: count,
  matched: count,
  thanksTo: z.strictObject({ rules: count, secondLook: count, judgements: count, noise: count }),
  mismatched: count,
  serviceFailed: count,
  skipped: z.partialRecord(z.enum(skipReasons), count),
  differing: z.strictObject({ count, percent, atLeast: percent, atMost: percent }),
};

const percentiles = z.strictObject({ p50: milliseconds, p90: milliseconds, p99: milliseconds }).nullable();

export const clusterSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  kind: z.enum(mismatchKinds),
  pattern: z.string(),
  count,
  percent: z.number().nonnegative(),
  firstSeen: moment,
  lastSeen: moment,
  secondLook: z.strictObject({ persistent: count, race: count, noise: count }),
  standing: z.enum(['counts', 'accepted', 'ignored', 'noise', 'race']),
  judgement: z
    .strictObject({
      word: z.enum(['accepted', 'ignored']),
      at: moment,
      until: moment.nullable(),
      expired: z.boolean(),
      who: z.string(),
      reason: z.string().nullable(),
    })
    .nullable(),
  self: z.strictObject({ pairs: count, count, percent }).nullable(),
  advice: z.string().nullable(),
  example: z
    .strictObject({ at: moment, path: z.string(), legacy: z.string().nullable(), service: z.string().nullable() })
    .nullable(),
});

export const reportSchema = z.strictObject({
  version: z.literal(1),
  at: moment,
  since: moment.nullable(),
  demand: z.strictObject({ minMatch: percent, minSamples: count, confidence: z.literal(95) }),
  routes: z.array(
    z.strictObject({
      id: z.string(),
      service: z.string(),
      verdict: z.enum(verdictWords),
      summary: z.string(),
      reasons: z.array(z.string()),
      warnings: z.array(z.string()),
      needed: count.nullable(),
      from: moment.nullable(),
      until: moment.nullable(),
      ...counts,
      distinct: z.strictObject({ urls: count, callers: count }),
      clusters: z.array(clusterSchema),
      notJudged: z.array(clusterSchema),
      latency: z.strictObject({ legacy: percentiles, service: percentiles }),
      arms: z.array(z.strictObject({ arm: z.enum(['legacy', 'service']), ...counts })),
      timeline: z.strictObject({
        span: count,
        points: z.array(z.strictObject({ at: moment, compared: count, matched: count, serviceFailed: count })),
      }),
      outdated: count,
      lost: count,
    }),
  ),
});

/** Every key of a schema as the docs spell it: `routes[].clusters[].id`. */
export function keysOf(schema: z.ZodType, path = ''): string[] {
  if (schema instanceof z.ZodNullable) return keysOf(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodArray) return keysOf(schema.element as z.ZodType, `${path}[]`);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, inner]) => {
    const key = path === '' ? name : `${path}.${name}`;
    return [key, ...keysOf(inner, key)];
  });
}
