import { describe, expect, test } from 'vitest';
import { answerJson } from '../support/composed-front.ts';
import { part } from '../support/composed-route.ts';
import { get } from '../support/front.ts';
import { targetSettings } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import { type MirroredFrontOptions, mirroredFront, textOf } from './mirrored-front.ts';

type Handler = NonNullable<MirroredFrontOptions['onService']>;

const match = { methods: ['GET'], path: '/details/:id', host: null, headers: [], query: [] };

/** Both parts are of the one service that the front has. */
const composed: MirroredFrontOptions = {
  onLegacy: (exchange) => exchange.reply(200, '{"order":1}', ['Content-Type: application/json']),
  onService: (exchange) => answerJson(exchange, exchange.target),
  route: {
    matches: [match],
    service: 'r',
    compose: [
      part('order', 'orders', { required: true, path: '/orders/:id' }),
      part('payment', 'orders', { path: '/payments/:id', timeout: 200 }),
    ],
  },
};
const quoted: Handler = (exchange) => answerJson(exchange, JSON.stringify(exchange.target));
const live = { service: 'r' };

describe('the shadow of a composed route', () => {
  test('holds legacy’s one answer against the composition, whose parts are marked as copies', async () => {
    const { port, service, ended } = await mirroredFront({ ...composed, onService: quoted, live });

    expect((await answerTo(port, get('/details/7', 'Accept: text/html'))).text).toBe('{"order":1}');

    const { pairs, serviceFailed } = await ended(1);
    expect(serviceFailed).toEqual([]);
    expect([textOf(pairs[0]!.legacy), textOf(pairs[0]!.service!)]).toEqual([
      '{"order":1}',
      '{"order":"/orders/7","payment":"/payments/7"}',
    ]);
    for (const asked of service.exchanges) {
      expect(asked.get('x-strangler-shadow')).toBe('1');
      expect(asked.get('traceparent')).toBe(pairs[0]!.traceparent);
    }
  });

  test('holds the composition against legacy’s answer, once callers are on it', async () => {
    const { port, legacy, ended } = await mirroredFront({
      ...composed,
      onService: quoted,
      live: { ...live, live: 100 },
    });

    expect((await answerTo(port, get('/details/7'))).text).toBe('{"order":"/orders/7","payment":"/payments/7"}');

    const { pairs } = await ended(1);
    expect([pairs[0]!.arm, textOf(pairs[0]!.legacy), textOf(pairs[0]!.service!)]).toEqual([
      'service',
      '{"order":1}',
      '{"order":"/orders/7","payment":"/payments/7"}',
    ]);
    expect(legacy.exchanges[0]!.target).toBe('/details/7');
  });

  test('shows a part that failed as what is missing, and one that is required as a service that failed', async () => {
    const failing =
      (name: string): Handler =>
      (exchange) =>
        exchange.target.startsWith(`/${name}`) ? exchange.reply(500) : answerJson(exchange, '1');
    const optional = await mirroredFront({ ...composed, onService: failing('payments'), live });
    await answerTo(optional.port, get('/details/7'));
    expect(textOf((await optional.ended(1)).pairs[0]!.service!)).toBe('{"order":1,"_partial":["payment"]}');

    const required = await mirroredFront({ ...composed, onService: failing('orders'), live });
    await answerTo(required.port, get('/details/7'));
    expect((await required.ended(1)).serviceFailed).toEqual(['legacy']);
  });

  test('asks once for each part, whatever callers’ requests would do', async () => {
    const retry = {
      attempts: 3,
      backoff: { first: 1, longest: 5 },
      budget: 100,
      floor: 9,
      methods: ['GET'],
      on: [503],
    };
    const { port, service, settings, apply, ended } = await mirroredFront({
      ...composed,
      onService: (exchange) => exchange.reply(503),
      live,
    });
    apply(live, { ...settings, services: [targetSettings('orders', service.port, { retry })] });
    await answerTo(port, get('/details/7'));
    await ended(1);
    expect(service.exchanges.filter(({ target }) => target === '/orders/7')).toHaveLength(1);
  });
});
