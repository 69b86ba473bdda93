import { describe, expect, test } from 'vitest';
import { answerJson, composedFront } from '../support/composed-front.ts';
import { get } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';

describe('a composed answer', () => {
  test('is one JSON of what all parts say, in file order, with the very text of each', async () => {
    const { port, legacy, orders, payments, stock } = await composedFront({
      onOrders: (exchange) => setImmediate(() => answerJson(exchange, '\n{ "total": 12345678901234567890.10 } ')),
    });

    const answer = await answerTo(port, get('/details/7'));

    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{"order":{ "total": 12345678901234567890.10 },"payment":{"paid":true},"stock":["a","b"]}',
    );
    expect(answer.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.framing).toBe('length');
    expect(answer.get('x-strangler-partial')).toBeUndefined();
    expect([orders, payments, stock].map(({ exchanges }) => exchanges.map(({ target }) => target))).toEqual([
      ['/orders/7'],
      ['/payments/7'],
      ['/stock/7'],
    ]);
    expect(legacy.exchanges).toEqual([]);
  });
});
