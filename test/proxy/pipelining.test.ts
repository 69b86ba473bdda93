import { describe, expect, test } from 'vitest';
import { front, get, post } from '../support/front.ts';
import { RawCaller } from '../support/raw-caller.ts';

describe('pipelined requests', () => {
  test('300 of them are answered in their order, one at a time', async () => {
    let underWay = 0;
    let most = 0;
    const { port } = await front({
      onLegacy: (exchange) => {
        most = Math.max(most, ++underWay);
        setImmediate(() => {
          underWay--;
          exchange.reply(200, exchange.target);
        });
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(Array.from({ length: 300 }, (_, i) => get(`/${i}`)).join(''));

    for (let i = 0; i < 300; i++) expect((await caller.answer())?.text).toBe(`/${i}`);

    expect(most).toBe(1);
    caller.destroy();
  });

  test('with bodies, unsafe methods among them, keep their bodies apart', async () => {
    const { port } = await front({
      onLegacy: (exchange) => void exchange.body().then((body) => exchange.reply(200, `${exchange.method} ${body}`)),
    });
    const caller = await RawCaller.connect(port);
    const chunked = 'POST /c HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n';
    caller.send(post('/a', 'one') + chunked + get('/b') + post('/d', 'x'.repeat(100_000)) + post('/e', 'last'));

    const texts: string[] = [];
    for (let i = 0; i < 5; i++) texts.push((await caller.answer())?.text ?? 'none');

    expect(texts).toEqual(['POST one', 'POST two', 'GET ', `POST ${'x'.repeat(100_000)}`, 'POST last']);
    caller.destroy();
  });

  test('go on after an error of ours', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        if (exchange.target === '/bad') exchange.connection.socket.destroy();
        else exchange.reply(200, exchange.target);
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1') + get('/bad') + get('/3'));

    expect((await caller.answer())?.text).toBe('/1');
    expect((await caller.answer())?.status).toBe(502);
    expect((await caller.answer())?.text).toBe('/3');
    caller.destroy();
  });

  test('end where the caller or an answer says close', async () => {
    const { port, legacy } = await front();
    const caller = await RawCaller.connect(port);
    caller.send(get('/1', 'Connection: close') + get('/2'));

    expect((await caller.answer())?.get('connection')).toBe('close');
    await caller.closed;

    expect(caller.unread).toBe('');
    expect(legacy.exchanges.map(({ target }) => target)).toEqual(['/1']);
    caller.destroy();
  });

  test('without end are left in the caller’s socket while the first one waits', async () => {
    const { port, legacy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    const megabyte = get('/'.padEnd(200, 'x')).repeat(5_000);
    let taken = 0;
    const push = () => caller.socket.write(megabyte, () => void taken++);
    for (let i = 0; i < 60; i++) push();
    await legacy.exchange(0);

    // As long as anything more is taken it is not at rest; what is at rest has not taken everything.
    for (let before = -1; before !== taken; ) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }

    expect(taken).toBeLessThan(30);
    expect(legacy.exchanges).toHaveLength(1);
    caller.destroy();
  });

  test('that waited in the socket are answered when their turn comes', async () => {
    const { port, legacy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    const count = 2_000;
    caller.send(Array.from({ length: count }, (_, i) => get(`/${i}`)).join(''));
    const first = await legacy.exchange(0);
    legacy.handler = (exchange) => exchange.reply(200, exchange.target);
    first.reply(200, first.target);

    await caller.until(() => caller.unread.endsWith(`/${count - 1}`));

    expect(caller.unread.match(/\r\n\r\n\/\d+/g)).toEqual(Array.from({ length: count }, (_, i) => `\r\n\r\n/${i}`));
    caller.destroy();
  });
});
