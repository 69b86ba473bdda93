import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { ask, RawCaller } from '../support/raw-caller.ts';

describe('draining', () => {
  test('lets what is under way finish, says close, and takes nothing new', async () => {
    const { port, proxy, legacy } = await front({ onLegacy: () => {} });
    const idle = await RawCaller.connect(port);
    const busy = await RawCaller.connect(port);
    busy.send(get('/slow'));
    const exchange = await legacy.exchange(0);

    const drained = proxy.proxy.drain(5_000);
    expect(await idle.closed).toBe('ended');
    await expect(ask(port, get('/new'))).rejects.toThrow(/ECONNREFUSED/);
    exchange.reply(200, 'done');

    const answer = await busy.answer();
    expect(answer).toMatchObject({ status: 200, text: 'done' });
    expect(answer?.get('connection')).toBe('close');
    expect(await drained).toEqual({ finished: 1, cut: 0 });
    expect(proxy.targets.connections).toBe(0);
  });

  test('serves a request that arrives on an open connection meanwhile', async () => {
    const { port, proxy, legacy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1'));
    const first = await legacy.exchange(0);
    const drained = proxy.proxy.drain(5_000);

    caller.send(get('/2'));
    first.reply(200, 'one');
    expect((await caller.answer())?.text).toBe('one');
    await caller.closed;

    expect(await drained).toMatchObject({ cut: 0 });
  });

  test('closes after what the proxy answers by itself, too', async () => {
    const { port, proxy } = await front();
    const caller = await RawCaller.connect(port);
    const drained = proxy.proxy.drain(5_000);

    caller.send('OPTIONS / HTTP/1.1\r\nHost: shop.example\r\nMax-Forwards: 0\r\n\r\n');

    expect((await caller.answer('OPTIONS'))?.get('connection')).toBe('close');
    expect(await caller.closed).toBe('ended');
    caller.destroy();
    await drained;
  });

  test('waits for a long answer', async () => {
    const { port, proxy, legacy } = await front({
      onLegacy: (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab'),
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1'));
    await caller.sees('ab');
    const drained = proxy.proxy.drain(5_000);
    (await legacy.exchange(0)).send('cd');

    expect((await caller.answer())?.text).toBe('abcd');
    expect(await drained).toEqual({ finished: 1, cut: 0 });
    caller.destroy();
  });

  test('cuts after its time what has not finished, tunnels too', async () => {
    const { port, proxy, legacy } = await front({
      onLegacy: (exchange) => {
        if (exchange.get('upgrade') === undefined) return;
        exchange.send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      },
    });
    const hanging = await RawCaller.connect(port);
    hanging.send(get('/hang'));
    const tunnel = await RawCaller.connect(port);
    tunnel.send(get('/ws', 'Upgrade: websocket', 'Connection: Upgrade'));
    expect((await tunnel.answer())?.status).toBe(101);
    await legacy.until(() => legacy.exchanges.length === 2);

    expect(await proxy.proxy.drain(200)).toEqual({ finished: 0, cut: 2 });

    await hanging.closed;
    await tunnel.closed;
    await Promise.all(legacy.connections.map(({ closed }) => closed));
    expect(proxy.proxy.inFlight()).toBe(0);
    expect(proxy.counts.started).toBe(proxy.counts.finished);
  });
});
