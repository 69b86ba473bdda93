/** What may be asked of the admin API, and how the words of a request become it. */
import { z } from 'zod';
import type { Judgement } from '../domain/evidence.ts';
import type { ByHand } from '../domain/live.ts';
import type { SteerAction } from '../domain/rollout/steer.ts';
import type { EvidenceQuery, HistoryQuery } from '../ports.ts';

/** A request that nobody sends: what would become of it? */
export interface Question {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const name = z.string().min(1).max(200);
const routes = z.array(name).min(1).max(10_000);
const percent = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, 'at most two decimals');
const who = name.default('admin API');
const reason = z.string().max(1000).nullable().default(null);

export const shiftOrder = z
  .strictObject({ routes, percent, pauseRollout: z.boolean().default(false), who, reason })
  .transform((order): ByHand => ({ kind: 'shift', ...order }));

/** `"all": true` has to be said: a forgotten list of routes must not roll everything back. */
export const rollbackOrder = z
  .union([z.strictObject({ routes, who, reason }), z.strictObject({ all: z.literal(true), who, reason })])
  .transform((order): ByHand => {
    const { who, reason } = order;
    return { kind: 'rollback', routes: 'all' in order ? null : order.routes, who, reason };
  });

/** Who asks is a person or a program of theirs: only the proxy itself is the guard. */
export const shadowOrder = z
  .strictObject({ routes, percent, who, reason })
  .transform((order): ByHand => ({ kind: 'shadow', source: 'shift', ...order }));

/** ms since the epoch that a Date can tell. */
const time = z.number().min(0).max(8.64e15);

export const calibrateOrder = z
  .strictObject({ routes, until: time })
  .transform((order): ByHand => ({ kind: 'calibrate', ...order }));

/** The plan is the one that the proxy's own file declares. */
export const rolloutStartOrder = z.strictObject({ name, who, reason });

/** `step` counts from 1, as everywhere that people look. */
export const rolloutSteerOrder = (action: SteerAction) =>
  z
    .strictObject({ name, step: z.number().int().min(1).optional(), who, reason })
    .transform(({ step, ...order }): ByHand => {
      return { kind: 'rollout-steer', action, ...order, ...(step !== undefined && { step: step - 1 }) };
    });

/** `"all": true` has to be said here too. */
export const resetOrder = z
  .union([z.strictObject({ routes }), z.strictObject({ all: z.literal(true) })])
  .transform((order) => ('all' in order ? null : order.routes));

const judgement = z.discriminatedUnion('word', [
  z.strictObject({ word: z.literal('accepted'), at: time, who, reason }),
  z.strictObject({ word: z.literal('ignored'), at: time, until: time, who, reason }),
]);
const clusterIds = z.array(z.string().regex(/^[0-9a-f]{8}$/, 'not the id of a cluster')).min(1);

export const judgeOrder = z
  .strictObject({ ids: clusterIds.max(1_000), judgement: judgement.nullable() })
  .transform((order): { readonly ids: readonly string[]; readonly judgement: Judgement | null } => order);

const flag = z.enum(['0', '1']).transform((value) => value === '1');

export const evidenceQuestion = z
  .strictObject({
    route: z.array(name).max(10_000).optional(),
    since: z.coerce.number().optional(),
    past: flag.default(false),
    examples: flag.default(true),
  })
  .transform(({ route, since, past, examples }): EvidenceQuery => {
    return {
      ...(route === undefined ? {} : { routes: route }),
      ...(since === undefined ? {} : { since }),
      past,
      withoutExamples: !examples,
    };
  });

export const historyQuestion = z
  .strictObject({
    route: name.optional(),
    since: z.coerce.number().optional(),
    limit: z.coerce.number().int().min(1).max(10_000).default(100),
  })
  .transform(({ route, since, limit }): HistoryQuery => {
    return { limit, ...(route === undefined ? {} : { route }), ...(since === undefined ? {} : { since }) };
  });

export const listQuestion = z.strictObject({ limit: z.coerce.number().int().min(1).max(100_000).default(1_000) });

/** `"happened": null` has to be said: a forgotten one must not make anything into nothing. */
export const settleOrder = z.strictObject({
  ids: z.array(z.string().min(1).max(100)).min(1).max(10_000),
  who,
  happened: z.strictObject({ key: z.string().min(1).max(500).nullable(), data: z.json() }).nullable(),
});

const headerLine = z
  .string()
  .regex(/^[^:\s]+:/, 'a header is "name: value"')
  .transform((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });

export const explainQuestion = z
  .strictObject({
    method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a method'),
    target: z.string().min(1).max(100_000),
    header: z.array(headerLine).default([]),
  })
  .transform(({ method, target, header }): Question => ({ method, target, headers: header }));

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

export function parse<T>(order: z.ZodType<T>, given: unknown): Parsed<T> {
  const result = order.safeParse(given);
  if (result.success) return { ok: true, value: result.data };
  const detail = result.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
  return { ok: false, detail: detail.join('; ') };
}
