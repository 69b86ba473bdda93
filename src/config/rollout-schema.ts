import { z } from 'zod';
import type { StepSettings } from '../domain/rollout/model.ts';
import { httpUrl } from './addresses.ts';
import { choice, credential, duration, flag, integer, number, percent, suffixed, text } from './scalars.ts';
import { either, section } from './sections.ts';

const stepMap = section({
  percent: percent().describe('The share of callers on this step.'),
  hold: duration().optional().describe("How long, if not the rollout's own `hold`."),
  approve: flag().optional().describe("Whether somebody has to `promote` it, if not the rollout's own `approve`."),
});

const steps = z
  .array(either('must be a percent, or a map', [percent().transform((percent) => ({ percent })), stepMap]))
  .min(1);

const prometheusMap = section({
  url: httpUrl().describe('Base URL of the Prometheus API.'),
  query: text('a PromQL query').describe('A query with one value.'),
  min: number().optional().describe('The least that the value may be.'),
  max: number().optional().describe('The most that the value may be.'),
});

const prometheus = either('must be a map, or a list of those', [
  prometheusMap.transform((one) => [one]),
  z.array(prometheusMap),
]);

const gates = section({
  errors: suffixed({ prefix: '+', suffix: '%', least: 0, most: 100 })
    .prefault('+0.5%')
    .describe("Points by which the service's failure rate may be above legacy's; off asks nothing."),
  p99: suffixed({ prefix: '', suffix: 'x', least: 1, most: 1_000 })
    .prefault('1.2x')
    .describe("How many times legacy's p99 the service's may be; off asks nothing."),
  match: suffixed({ prefix: '', suffix: '%', least: 0, most: 100 })
    .optional()
    .describe('Percent of the judged comparisons that have to match. 99.9% where the route is shadowed, else off.'),
  minRequests: integer(1, 10_000_000).prefault(500).describe('Requests to the service below which nothing passes.'),
  prometheus: prometheus.prefault([]).describe('Queries whose value must lie within bounds.'),
});

export const rollout = section({
  steps: steps.prefault([1, 5, 25, 50, 100]).describe('Rising percents; a step may be a map with its own `hold`.'),
  hold: duration().prefault('10m').describe('How long each step is held before its gates decide.'),
  approve: flag().prefault(false).describe('Whether every step but the last waits for somebody to `promote` it.'),
  gates: gates.prefault({}).describe('What has to hold before the next step.'),
  onFailure: choice(['rollback', 'pause'])
    .prefault('rollback')
    .describe('What a failed gate does: callers go back to legacy at once, or stay where they are.'),
}).transform(({ hold, approve, steps, ...rest }) => ({
  ...rest,
  steps: steps.map(
    (step): StepSettings => ({
      percent: step.percent,
      hold: ('hold' in step ? step.hold : undefined) ?? hold,
      approve: ('approve' in step ? step.approve : undefined) ?? approve,
    }),
  ),
}));

export type RolloutEntry = z.output<typeof rollout>;

export const webhooks = z.array(
  section({
    url: httpUrl().describe('What is sent a POST at every transition of a rollout.'),
    secret: credential().optional().describe('Signs what is sent, by HMAC-SHA256. Better read from the environment.'),
  }),
);
