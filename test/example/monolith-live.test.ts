import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { answerOf, type RunningShop, sendJson, startShop } from './support/running-shop.ts';

let running: RunningShop;
beforeAll(async () => {
  running = await startShop();
});
afterAll(() => running.close());

/** The events of a stream, one after the other, for as long as somebody asks for more. */
async function* events(path: string, headers = {}): AsyncGenerator<{ event: string; data: Record<string, unknown> }> {
  const asked = request(running.url + path, { headers, agent: false }).end();
  const [response] = await once(asked, 'response');
  let text = '';
  try {
    for await (const chunk of response) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, event] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (event && data) yield { event, data: JSON.parse(data) };
      }
    }
  } finally {
    asked.destroy();
  }
}

const place = async (): Promise<number> => {
  const body = { customerId: 1, items: [{ sku: 'KIT-001', quantity: 1 }] };
  return (await answerOf(await sendJson(`${running.url}/api/orders`, body))).id;
};
const cancel = (id: number): Promise<Response> => fetch(`${running.url}/api/orders/${id}/cancel`, { method: 'POST' });

describe('an event stream', () => {
  it('of one order begins with the order, and tells of its changes only', async () => {
    const [mine, other] = [await place(), await place()];
    const stream = events(`/api/orders/${mine}/events`);
    expect((await stream.next()).value).toMatchObject({ event: 'snapshot', data: { id: mine, status: 'pending' } });
    await cancel(other);
    await cancel(mine);
    expect((await stream.next()).value).toMatchObject({ event: 'order', data: { orderId: mine, status: 'cancelled' } });
    await stream.return(undefined);
  });

  it('tells whoever comes back what happened meanwhile', async () => {
    const first = events('/events', { 'last-event-id': '1' });
    const id = await place();
    let last = (await first.next()).value!;
    while (last.data.orderId !== id) last = (await first.next()).value!;
    await first.return(undefined);
    await cancel(id);
    const again = events('/events', { 'last-event-id': String(last.data.sequence) });
    expect((await again.next()).value).toMatchObject({ data: { orderId: id, status: 'cancelled' } });
    await again.return(undefined);
  });
});

describe('the ticker', () => {
  const open = (): WebSocket => new WebSocket(`${running.url.replace('http', 'ws')}/ws/ticker`);
  const next = async (socket: WebSocket) => JSON.parse(String((await once(socket, 'message'))[0]));

  it('greets, and then speaks of what it was asked to watch', async () => {
    const socket = open();
    expect(await next(socket)).toEqual({ type: 'hello', products: 50 });
    socket.send(JSON.stringify({ watch: ['COF-002', 'NOT-001'] }));
    expect(await next(socket)).toEqual({ type: 'watching', skus: ['COF-002'] });
    expect(await next(socket)).toMatchObject({ type: 'stock', sku: 'COF-002' });
    socket.close();
    await once(socket, 'close');
  });

  it('says back what it does not understand, text as text and bytes as bytes', async () => {
    const socket = open();
    await once(socket, 'message');
    socket.send('hello?');
    expect(await once(socket, 'message')).toEqual([Buffer.from('hello?'), false]);
    socket.send(Buffer.from([0, 255, 1]));
    expect(await once(socket, 'message')).toEqual([Buffer.from([0, 255, 1]), true]);
    socket.terminate();
  });

  it('is nowhere else', async () => {
    const socket = new WebSocket(`${running.url.replace('http', 'ws')}/elsewhere`);
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('404');
  });
});
