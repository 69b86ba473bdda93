import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { answerJson, composedFront } from '../support/composed-front.ts';
import { front, get, post } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { publishing, telling } from '../support/publishing.ts';
import { RawCaller } from '../support/raw-caller.ts';

const MiB = 1024 * 1024;

const listen = (answer: number) => ({ timeout: { headers: 3_000, body: 3_000, answer, idle: 5_000 } });

/** More than all the sockets between a proxy and its caller hold. */
const value = JSON.stringify('x'.repeat(12 * MiB));

async function composed(answer: number) {
  const large = { limit: 16 * MiB, timeout: 10_000 };
  const { port, proxy } = await composedFront({
    listen: listen(answer),
    parts: { order: large, payment: large },
    onOrders: (exchange) => answerJson(exchange, value),
    onPayments: (exchange) => answerJson(exchange, value),
  });
  const caller = await RawCaller.connect(port);
  return { caller, outcomes: () => proxy.outcomesOf('details'), ask: get('/details/7'), least: 2 * value.length };
}

/** Two answers that are held back one after the other: one alone may find room in the sockets. */
async function published(answer: number) {
  const { publisher } = publishing();
  const text = JSON.stringify({ id: 1, text: 'x'.repeat(3.9 * MiB) });
  const { port, proxy } = await front({
    listen: listen(answer),
    publisher,
    routes: [
      route('order', 'orders', {
        path: '/orders/*',
        percent: 0,
        publish: [telling({ limit: 4 * MiB, data: [] })],
      }),
    ],
    onLegacy: (exchange) => exchange.reply(200, text),
  });
  const caller = await RawCaller.connect(port);
  const ask = post('/orders/1', '') + post('/orders/2', '');
  return { caller, outcomes: () => proxy.outcomesOf('legacy'), ask, least: 2 * text.length };
}

describe.each([
  ['composed', composed],
  ['published', published],
] as const)('a %s answer that is whole', (_, stage) => {
  test('is not kept for a caller that stops taking it', async () => {
    const { caller, outcomes, ask } = await stage(300);
    caller.socket.pause();
    caller.send(ask);

    await expect.poll(outcomes, { timeout: 15_000 }).toContain('aborted');

    caller.socket.removeAllListeners('data').resume();
    await caller.closed;
    caller.destroy();
  });

  test('goes on for one that reads on, now and then', async () => {
    const { caller, outcomes, ask, least } = await stage(5_000);
    let bytes = 0;
    let last: Buffer = Buffer.alloc(0);
    caller.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      last = chunk;
    });
    caller.send(ask);
    for (let rests = 1; bytes < least; ) {
      await once(caller.socket, 'data');
      if (bytes < rests * 3 * MiB) continue;
      rests++;
      caller.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 100));
      caller.socket.resume();
    }

    await expect.poll(outcomes).not.toContain('aborted');
    await expect.poll(() => outcomes().length).toBeGreaterThan(0);
    expect(last.at(-1)).toBe('}'.charCodeAt(0));
    caller.destroy();
  });
});
