import { z } from 'zod';
import { textLeaf, Unacceptable } from './leaf.ts';
import { methodList } from './matching.ts';
import { quote } from './problem.ts';
import { duration, integer, range, share, text } from './scalars.ts';
import { either, section } from './sections.ts';

/** A policy that is a map of its own, or `off`. */
export function orOff<const T extends z.ZodRawShape>(shape: T) {
  const sentence = 'must be off, or a map';
  const off = textLeaf(
    'off',
    (written) => {
      if (written === 'off') return null;
      throw new Unacceptable(`${sentence}, not ${quote(written)}`);
    },
    { enum: ['off'] },
  );
  return either(sentence, [off, section(shape)]);
}

export const health = () =>
  section({
    path: text('a path such as /healthz').describe('What is asked by GET; any answer from 200 to 299 is well.'),
    every: duration({ least: '100ms' })
      .prefault('5s')
      .describe('How often each instance is asked, give or take a tenth.'),
    timeout: duration().prefault('2s').describe('How long the whole answer may take.'),
    unhealthyAfter: integer(1, 100).prefault(3).describe('Failures in a row after which an instance is left alone.'),
    healthyAfter: integer(1, 100).prefault(2).describe('Good answers in a row after which it is back.'),
  });

export const ejection = () =>
  orOff({
    failures: integer(1, 10_000).prefault(5).describe('Failures in a row: 5xx, resets, timeouts, refused connections.'),
    time: duration().prefault('30s').describe('For how long; times how often it was ejected before.'),
    longest: duration().prefault('5m').describe('The most that this grows to.'),
    most: share().prefault('10%').describe('How many of the instances may be ejected at a time; one always may.'),
  });

export const retry = () =>
  orOff({
    attempts: integer(1, 10).prefault(3).describe('How often a request may be sent in all.'),
    backoff: range()
      .prefault('100ms..2s')
      .describe('A retry waits for anything between 0 and the first, doubled each time, up to the second.'),
    budget: share().prefault('20%').describe('How many retries there may be, as a share of the requests under way.'),
    floor: integer(0, 1_000).prefault(3).describe('Retries that there may be at a time whatever the budget.'),
    methods: methodList()
      .prefault(['GET', 'HEAD', 'OPTIONS'])
      .describe('What may be sent twice. What never left may always be sent again.'),
    on: z.array(integer(400, 599)).prefault([502, 503, 504]).describe('Answers that are asked again.'),
  });

export const circuit = () =>
  orOff({
    failures: integer(1, 10_000).prefault(5).describe('It opens after so many failures in a row.'),
    rate: share().prefault('50%').describe('Or when so many of the requests of `window` failed.'),
    window: duration({ least: '1s', most: '10m' }).prefault('10s').describe('What the rate is taken of.'),
    volume: integer(1, 1_000_000).prefault(20).describe('Requests below which the rate says nothing.'),
    reset: duration().prefault('30s').describe('After so long one request tries whether the target is back.'),
  });

export const bulkhead = () =>
  orOff({
    concurrent: integer(1, 1_000_000).prefault(100).describe('Requests under way at a time.'),
    queue: integer(0, 1_000_000).prefault(50).describe('How many more may wait for a place.'),
    wait: duration({ allowZero: true }).prefault('1s').describe('How long they may wait.'),
  });

export const guard = orOff({
  margin: share().prefault('5%').describe("Points by which the service's failure rate may be above legacy's."),
  window: duration({ least: '5s', most: '10m' }).prefault('1m').describe('What is looked at, each second.'),
  minRequests: integer(1, 1_000_000).prefault(50).describe('Requests to the service below which nothing is judged.'),
});
