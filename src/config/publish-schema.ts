import { z } from 'zod';
import type { PublishSettings } from '../domain/publishing/settings.ts';
import { parseSource, type Source, SourceError } from '../domain/publishing/source.ts';
import { parseStatusTest, StatusTestError } from '../domain/publishing/status-test.ts';
import { orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { methodList } from './matching.ts';
import { quote } from './problem.ts';
import { choice, size } from './scalars.ts';
import { either, section } from './sections.ts';

/** Consumers choose by it, and it becomes a metric label. */
const dottedName = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9][A-Za-z0-9_-]*)*$/;
const longestType = 200;

const eventType = textLeaf(
  'a type such as order.created',
  (written) => {
    if (dottedName.test(written) && written.length <= longestType) return written;
    throw new Unacceptable(
      `${quote(written)} is not a type such as order.created: letters, digits, "_" and "-" between dots, at most ${longestType}`,
    );
  },
  { pattern: orEnvironment(dottedName.source), examples: ['order.created'] },
);

const statusTest = textLeaf(
  'a condition such as "status < 400"',
  (written) => {
    try {
      return parseStatusTest(written);
    } catch (error) {
      if (!(error instanceof StatusTestError)) throw error;
      throw new Unacceptable(`${quote(written)} is not a condition: ${error.message}`);
    }
  },
  { pattern: orEnvironment('^status'), examples: ['status < 400', 'status == 201', 'status in 200..299, 303'] },
);

const source = textLeaf(
  'a source such as $.id',
  (written): Source => {
    try {
      return parseSource(written);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      throw new Unacceptable(`${quote(written)} is not a source: ${error.message}`);
    }
  },
  {
    pattern: orEnvironment('^(\\$|request:\\$|path:|text:)'),
    examples: ['$.id', 'request:$.customer.id', 'path:id', 'text:web'],
  },
);

const publishMap = section({
  type: eventType.describe('The type of the event: `order.created`.'),
  when: statusTest
    .prefault('status < 400')
    .describe('Which answers are events: `status == 201`, `status in 200..299, 303`, several joined by `and`.'),
  key: source.describe('What it happened to: `$.id` of the answer, `request:$.id`, `path:id` of the match, `text:…`.'),
  data: z
    .record(z.string(), source)
    .optional()
    .describe('What is told, by name: sources as for `key`. Absent: the whole answer.'),
  mode: choice(['durable', 'async'])
    .prefault('durable')
    .describe('Whether request and answer wait until it is written down, or nothing does and a crash may lose it.'),
  methods: methodList()
    .optional()
    .describe('Requests with these methods only; absent, with every one that may write. GET and HEAD are never told.'),
  limit: size({ most: '4MiB' })
    .prefault('256KiB')
    .describe('The most that is looked at of one body, as sent. A larger answer passes, and its event is uncertain.'),
  unavailable: choice(['forward', 'refuse'])
    .prefault('forward')
    .describe('What becomes of requests while nothing can be written down: served all the same, or refused with 503.'),
});

export const publish = either('must be a map with type and key, or a list of such', [
  publishMap.transform((one) => [one]),
  z.array(publishMap).min(1).max(20),
]);

export type PublishEntry = z.output<typeof publishMap>;

export function settlePublish(entries: readonly PublishEntry[]): readonly PublishSettings[] {
  return entries.map(({ data, methods, ...rest }) => ({
    ...rest,
    data: data === undefined ? null : Object.entries(data),
    methods: methods ?? null,
  }));
}
