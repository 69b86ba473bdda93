import { describe, expect, it } from 'vitest';
import { problemsOf, settingsOf, withRoutes } from './reading.ts';

/** A write of orders; its further keys begin in line 10. */
const route = (publish: string, ...keys: string[]) =>
  withRoutes(
    '  - id: a',
    ...['match: [POST /a/:id, DELETE /a/:id]', 'service: orders', ...keys].map((key) => `    ${key}`),
    `    publish: ${publish}`,
  );

const publishOf = (publish: string) => settingsOf(route(publish)).routes[0]?.publish;

describe('what a route publishes', () => {
  it('is nothing where it does not say so', () => {
    expect(settingsOf(withRoutes('  - match: POST /a', '    service: orders')).routes[0]?.publish).toEqual([]);
  });

  it('is a successful answer, durable, where no more is said', () => {
    expect(publishOf('{ type: order.created, key: $.id }')).toEqual([
      {
        type: 'order.created',
        when: [[200, 399]],
        key: { from: 'answer', steps: ['id'] },
        data: null,
        mode: 'durable',
        methods: null,
        limit: 262_144,
        unavailable: 'forward',
      },
    ]);
  });

  it('may be said in full, and several times', () => {
    const one =
      "{ type: a.b, when: 'status in 200..299, 303', key: 'path:id', data: { by: 'request:$.by', via: 'text:web' }, mode: async, methods: POST, limit: 1MiB, unavailable: refuse }";
    expect(publishOf(`[${one}, { type: c, key: $.x }]`)).toMatchObject([
      {
        type: 'a.b',
        when: [
          [200, 299],
          [303, 303],
        ],
        key: { from: 'path', name: 'id' },
        data: [
          ['by', { from: 'request', steps: ['by'] }],
          ['via', { from: 'text', text: 'web' }],
        ],
        mode: 'async',
        methods: ['POST'],
        limit: 1_048_576,
        unavailable: 'refuse',
      },
      { type: 'c' },
    ]);
  });

  it('changes nothing about what evidence belongs to', () => {
    const [one, other] = ['{ type: a, key: $.id }', '{ type: b, key: $.x, when: status == 200 }'].map(
      (publish) => settingsOf(route(publish)).routes[0]!.fingerprint,
    );
    expect(one).toBe(other);
  });

  it.each([
    ['x', '10:14  "publish" must be a map with type and key, or a list of such'],
    ['{ key: $.id }', '10:14  "type" is missing'],
    ['{ type: order.created }', '10:14  "key" is missing'],
    ['{ type: order created, key: $.id }', '10:22  "order created" is not a type such as order.created'],
    ['{ type: a, key: id }', '10:30  "id" is not a source: a source is $.a.b of the answer'],
    ['{ type: a, key: "$.a[*]" }', '"$.a[*]" is not a source: it names one place'],
    ['{ type: a, key: $.id, when: status }', '"status" is not a condition: a condition is "status < 400"'],
    ['{ type: a, key: $.id, mode: fast }', '"mode" must be "durable" or "async", not "fast"'],
    ['{ type: a, key: "path:ib" }', '":ib" is not in the path "/a/:id" (did you mean "id"?)'],
    ['{ type: a, key: $.id, data: { x: "path:y" } }', '10:47  ":y" is not in the path "/a/:id"'],
    ['[{ type: a, key: $.id }, { type: b, key: "path:y" }]', '10:55  ":y" is not in the path'],
    ['{ type: a, key: $.id, methods: GET }', 'GET changes nothing, so there is nothing to tell'],
    ['{ type: a, key: $.id, methods: PUT }', 'nothing is published: this route takes POST, DELETE only'],
    ['{ type: a, key: $.id, limit: 5MiB }', '"limit" must be at most 4MiB'],
    ['{ type: a, key: $.id, wen: x }', 'unknown key "wen" (did you mean "when"?)'],
  ])('is not %s', (publish, message) => {
    expect(problemsOf(route(publish)).join('\n')).toContain(message);
  });

  it('is nothing on a route that only reads', () => {
    const text = withRoutes('  - match: GET /a', '    service: orders', '    publish: { type: a, key: $.id }');
    expect(problemsOf(text).join('\n')).toContain('nothing is published: this route takes GET only');
  });
});
