import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { PublishSettings } from '../../src/domain/publishing/settings.ts';
import { type FrontOptions, front, get, message, post } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { bent, publishing, type TestPublishing, telling } from '../support/publishing.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const order = (exchange: Exchange) =>
  void exchange.body().then(
    () => exchange.reply(201, '{"id":"o-7","total":12}', ['Content-Type: application/json']),
    () => {},
  );

async function published(
  more: FrontOptions & { readonly tells?: readonly PublishSettings[]; readonly with?: TestPublishing } = {},
) {
  const { tells = [telling()], with: given = publishing(), ...options } = more;
  const built = await front({
    routes: [route('order', 'orders', { path: '/orders/*', percent: 0, publish: tells })],
    onLegacy: order,
    publisher: given.publisher,
    ...options,
  });
  return { ...built, ...given };
}

/** A way to hold a promise back, and to know that it is waited for. */
function gate() {
  let open!: () => void;
  let reached!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const wasReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  return {
    open,
    wasReached,
    pass() {
      reached();
      return opened;
    },
  };
}

describe('an answer of a route that publishes', () => {
  test('is an event, and the caller gets the same bytes', async () => {
    const { port, recorded, tallies } = await published();
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    const answer = await answerTo(port, post('/orders/new?token=s3cret', '{}', `traceparent: ${trace}`));

    expect(answer).toMatchObject({ status: 201, text: '{"id":"o-7","total":12}', framing: 'length' });
    const [event, ...others] = await recorded();
    expect(others).toEqual([]);
    expect(event).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      type: 'order.created',
      source: '/test',
      subject: 'o-7',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      datacontenttype: 'application/json',
      traceparent: trace,
      data: { id: 'o-7', total: 12 },
    });
    expect(JSON.stringify(event)).not.toContain('s3cret');
    expect(tallies.figures()).toMatchObject([
      { route: 'order', type: 'order.created', counts: { recorded: 1 }, held: 1 },
    ]);
  });

  test('waits for its event, and its request for its intent', async () => {
    const [intending, recording] = [gate(), gate()];
    const given = publishing((outbox) =>
      bent(outbox, {
        intend: (...told: Parameters<typeof outbox.intend>) => intending.pass().then(() => outbox.intend(...told)),
        record: (...told: Parameters<typeof outbox.record>) => recording.pass().then(() => outbox.record(...told)),
      }),
    );
    const { port, legacy } = await published({ with: given });
    const caller = await RawCaller.connect(port);
    caller.send(post('/orders/1', '{}'));

    await intending.wasReached;
    expect(legacy.exchanges).toHaveLength(0);
    intending.open();
    await recording.wasReached;
    expect(legacy.exchanges).toHaveLength(1);
    expect(caller.unread).toBe('');
    recording.open();
    expect(await caller.answer('POST')).toMatchObject({ status: 201 });
    caller.destroy();
  });

  test('waits for nothing where the mode is async', async () => {
    const never = gate();
    const given = publishing((outbox) =>
      bent(outbox, {
        intend: never.pass,
        record: (...told: Parameters<typeof outbox.record>) => never.pass().then(() => outbox.record(...told)),
      }),
    );
    const { port, recorded } = await published({ with: given, tells: [telling({ mode: 'async' })] });

    expect(await answerTo(port, post('/orders/1', '{}'))).toMatchObject({ status: 201 });
    expect(await recorded()).toEqual([]);
    never.open();
    await expect.poll(recorded).toHaveLength(1);
  });

  test('takes no more memory than all may together, however long the outbox takes', async () => {
    const never = gate();
    const given = publishing((outbox) =>
      bent(outbox, {
        record: (...told: Parameters<typeof outbox.record>) => never.pass().then(() => outbox.record(...told)),
      }),
    );
    const text = JSON.stringify({ id: 1, text: 'x'.repeat(4_000_000) });
    const { port, recorded, reasons } = await published({
      with: given,
      tells: [telling({ mode: 'async', limit: 4 * 1024 * 1024, data: [] })],
      onLegacy: (exchange) => exchange.reply(200, text),
    });
    for (let i = 0; i < 18; i++) expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ complete: true });
    await expect.poll(reasons).toContain('too many answers were being read at the time');
    never.open();
    await expect.poll(recorded).not.toEqual([]);
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ complete: true });
    expect((await recorded()).length + (await reasons()).length).toBe(19);
    expect((await reasons()).length).toBeLessThan(4);
  });

  test('is one event, by one body of its request, whichever try gave it', async () => {
    const retry = {
      attempts: 3,
      backoff: { first: 1, longest: 10 },
      budget: 100,
      floor: 3,
      methods: ['POST'],
      on: [503],
    };
    const { port, legacy, recorded, tallies } = await published({
      legacy: { retry },
      tells: [telling({ key: { from: 'request', steps: ['id'] }, when: [[200, 599]] })],
      onLegacy: (exchange) => {
        const fails = [() => exchange.connection.socket.resetAndDestroy(), () => exchange.reply(503, '{"no":1}')];
        const answers = () => (fails[legacy.exchanges.length - 1] ?? (() => exchange.reply(201, '{"yes":1}')))();
        void exchange.body().then(answers, () => {});
      },
    });

    expect(await answerTo(port, post('/orders/1', '{"id":"o-1"}'))).toMatchObject({ status: 201 });
    expect(legacy.exchanges).toHaveLength(3);
    expect(await recorded()).toMatchObject([{ subject: 'o-1', data: { yes: 1 } }]);
    expect(tallies.figures()).toMatchObject([{ counts: { recorded: 1, dismissed: 0, uncertain: 0 } }]);
  });

  test('is told of whichever target gave it, legacy in the place of a service too', async () => {
    const { port, recorded, service } = await published({
      routes: [route('order', 'orders', { path: '/orders/*', percent: 100, publish: [telling()] })],
    });
    await service.close();

    expect(await answerTo(port, post('/orders/1', '{}'))).toMatchObject({ status: 201 });
    expect(await recorded()).toMatchObject([{ subject: 'o-7' }]);
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('is read although it is compressed by %s, and passed on as it came', async (coding, compress) => {
    const body = compress('{"id":1,"note":"ä"}');
    const { port, recorded } = await published({
      onLegacy: (exchange) => exchange.reply(200, body, [`Content-Encoding: ${coding}`]),
    });

    const answer = await answerTo(port, post('/orders/1', ''));
    expect(answer.body.equals(body)).toBe(true);
    expect(await recorded()).toMatchObject([{ subject: '1', data: { id: 1, note: 'ä' } }]);
  });

  test('keeps chunks and trailers', async () => {
    const { port, recorded } = await published({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n7\r\n{"id":"\r\n');
        setImmediate(() => exchange.send('4\r\no1"}\r\n0\r\nX-Sum: 9\r\n\r\n'));
      },
    });

    const answer = await answerTo(port, post('/orders/1', '', 'TE: trailers', 'Connection: TE'));
    expect(answer).toMatchObject({ text: '{"id":"o1"}', framing: 'chunked', trailers: ['X-Sum: 9'] });
    expect(await recorded()).toMatchObject([{ subject: 'o1' }]);
  });

  test('keeps its place among pipelined ones', async () => {
    const { port, recorded } = await published({
      onLegacy: (exchange) => exchange.reply(200, `{"id":"${exchange.target}"}`),
    });
    const caller = await RawCaller.connect(port);
    caller.send(`${post('/orders/1', '')}${get('/orders/2')}${post('/orders/3', '')}`);
    for (const target of ['/orders/1', '/orders/2', '/orders/3']) {
      expect(await caller.answer()).toMatchObject({ text: `{"id":"${target}"}` });
    }
    expect((await recorded()).map(({ subject }) => subject)).toEqual(['/orders/1', '/orders/3']);
    caller.destroy();
  });

  test('may come after 100 and 103, which pass at once', async () => {
    const { port, recorded } = await published({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
        order(exchange);
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(message('POST', '/orders/1', ['Expect: 100-continue', 'Content-Length: 2'], ''));
    await caller.sees('100 Continue');
    caller.send('{}');
    const answer = await caller.answer('POST');
    expect(answer).toMatchObject({ status: 201, text: '{"id":"o-7","total":12}' });
    expect(await recorded()).toHaveLength(1);
    caller.destroy();
  });

  test('becomes several events, each by its own method and status', async () => {
    const { port, recorded } = await published({
      tells: [
        telling({ methods: ['POST'], when: [[201, 201]] }),
        telling({ type: 'order.removed', methods: ['DELETE'], key: { from: 'path', name: '*' } }),
        telling({ type: 'order.touched', data: [] }),
      ],
    });
    await answerTo(port, post('/orders/1', ''));
    await answerTo(port, message('DELETE', '/orders/a%20b', [], ''));
    expect((await recorded()).map(({ type, subject, data }) => [type, subject, data])).toEqual([
      ['order.created', 'o-7', { id: 'o-7', total: 12 }],
      ['order.touched', 'o-7', {}],
      ['order.removed', '/a b', { id: 'o-7', total: 12 }],
      ['order.touched', 'o-7', {}],
    ]);
  });

  test('is told although its caller says to be a copy: not everybody may keep events from others', async () => {
    const { port, recorded } = await published();
    await answerTo(port, post('/orders/1', '', 'x-strangler-shadow: 1'));
    expect(await recorded()).toHaveLength(1);
  });

  test('may be told by what the request said', async () => {
    const { port, recorded } = await published({
      tells: [
        telling({
          key: { from: 'request', steps: ['cart', 0, 'sku'] },
          data: [
            ['__proto__', { from: 'request', steps: ['buyer'] }],
            ['channel', { from: 'text', text: 'web' }],
            ['not there', { from: 'answer', steps: ['nothing'] }],
          ],
        }),
      ],
    });
    const answer = await answerTo(port, post('/orders/1', '{"cart":[{"sku":"s1"}],"buyer":12345678901234567890}'));
    expect(answer.status).toBe(201);
    const [event] = await recorded();
    expect(event!.subject).toBe('s1');
    expect(JSON.stringify(event!.data)).toBe('{"__proto__":"12345678901234567890","channel":"web"}');
  });
});

describe('nothing is told', () => {
  test.each([
    ['of a method that changes nothing', get('/orders/1')],
    ['of HEAD', message('HEAD', '/orders/1', [], '')],
    ['of a copy that another proxy sent', post('/orders/1', '', 'x-strangler-shadow: 1')],
  ])('%s', async (_, request) => {
    const { port, recorded, tallies } = await published({ listen: { trust: ['127.0.0.1'] } });
    expect(await answerTo(port, request)).toMatchObject({ status: 201 });
    expect(await recorded()).toEqual([]);
    expect(tallies.figures()).toEqual([]);
  });

  test('of an answer whose status is none of those, which passes as it comes', async () => {
    const { port, recorded, reasons, tallies } = await published({
      onLegacy: (exchange) => exchange.send('HTTP/1.1 422 No\r\nContent-Length: 9\r\n\r\nfirst'),
    });
    const caller = await RawCaller.connect(port);
    caller.send(post('/orders/1', ''));
    expect(await caller.sees('first')).toBe(true);
    caller.destroy();
    expect([await recorded(), await reasons()]).toEqual([[], []]);
    expect(tallies.figures()).toMatchObject([{ counts: { dismissed: 1, uncertain: 0 } }]);
  });

  test('where no target could be reached', async () => {
    const { port, legacy, reasons, recorded, outbox, tallies } = await published();
    await legacy.close();
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ status: 502 });
    expect([await recorded(), await reasons()]).toEqual([[], []]);
    expect(await outbox.standing()).toMatchObject({ uncertain: 0 });
    expect(tallies.figures()).toMatchObject([{ counts: { dismissed: 1 } }]);
  });
});

describe('what nobody can say is uncertain, and the answer passes', () => {
  const large = JSON.stringify({ id: 1, text: 'x'.repeat(3_000) });

  test.each([
    ['too large, by its length', large, [], /larger than "limit"/],
    ['no JSON', 'id=1', [], /not JSON/],
    ['no UTF-8', Buffer.from('{"id":"\xff"}', 'latin1'), [], /not UTF-8/],
    ['without the key', '{"ID":1}', [], /the key \$\.id is not there/],
    ['with a key that is none', '{"id":{"a":1}}', [], /neither text nor a number/],
    ['compressed by who knows what', '{"id":1}', ['Content-Encoding: magic'], /unknown content coding/],
    ['nested without end', `${'['.repeat(600)}${']'.repeat(600)}`, [], /nested more than/],
    ['a stream', 'data: 1\n\n', ['Content-Type: text/event-stream'], /a stream/],
  ])('%s', async (_, body, fields, reason) => {
    const { port, reasons, recorded, events } = await published({
      tells: [telling({ limit: 2_000 })],
      onLegacy: (exchange) => exchange.reply(200, body, fields),
    });
    const answer = await answerTo(port, post('/orders/1', ''));
    expect(answer.body.equals(Buffer.from(body))).toBe(true);
    expect(await reasons()).toEqual([expect.stringMatching(reason)]);
    expect(await recorded()).toEqual([]);
    expect(events).toMatchObject([{ type: 'event.uncertain', route: 'order', event: 'order.created' }]);
  });

  test('too large, found out on the way', async () => {
    const { port, reasons } = await published({
      tells: [telling({ limit: 2_000 })],
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        for (let i = 0; i < 40; i++) exchange.send(`64\r\n${'x'.repeat(100)}\r\n`);
        exchange.send('0\r\n\r\n');
      },
    });
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ text: 'x'.repeat(4_000), complete: true });
    expect(await reasons()).toEqual([expect.stringMatching(/larger/)]);
  });

  test('one that breaks off, as far as it came', async () => {
    const { port, reasons } = await published({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":1');
        setImmediate(() => exchange.connection.socket.resetAndDestroy());
      },
    });
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ text: '{"id":1', complete: false });
    expect(await reasons()).toEqual(['the answer broke off']);
  });

  test('one that never came', async () => {
    const { port, reasons } = await published({ onLegacy: ({ connection }) => connection.socket.resetAndDestroy() });
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ status: 502 });
    expect(await reasons()).toEqual(['no answer came (target-reset)']);
  });

  test('a request that its caller broke off', async () => {
    const { port, legacy, reasons } = await published({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(message('POST', '/orders/1', ['Content-Length: 100'], 'part'));
    await legacy.exchange(0);
    caller.reset();
    await expect.poll(reasons).toEqual(['the caller left before its request was whole']);
  });
});

describe('a caller who leaves does not take the event along', () => {
  test.each(['durable', 'async'] as const)('%s', async (mode) => {
    let exchange: Exchange | undefined;
    const { port, legacy, proxy, recorded } = await published({
      tells: [telling({ mode })],
      onLegacy: (each) => {
        if (each.method === 'GET') each.reply(200);
        else exchange = each;
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(post('/orders/1', '{}'));
    await legacy.exchange(0);
    await exchange!.body();
    caller.reset();
    // By its answer the proxy has noticed what came before it.
    await answerTo(port, get('/elsewhere'));
    expect(proxy.proxy.inFlight()).toBe(1);
    exchange!.reply(201, '{"id":"late"}');
    await expect.poll(recorded).toMatchObject([{ subject: 'late' }]);
    await expect.poll(() => proxy.proxy.inFlight()).toBe(0);
    await expect.poll(() => proxy.outcomesOf('legacy').toSorted()).toEqual(['2xx', 'aborted']);
  });
});

describe('while nothing can be written down', () => {
  function broken() {
    let works = false;
    const fails = () => (works ? Promise.resolve() : Promise.reject(new Error('the disk is full')));
    const given = publishing((outbox) =>
      bent(outbox, {
        intend: (...told: Parameters<typeof outbox.intend>) => fails().then(() => outbox.intend(...told)),
        record: (...told: Parameters<typeof outbox.record>) => fails().then(() => outbox.record(...told)),
        prove: fails,
      }),
    );
    return { given, mend: () => (works = true) };
  }

  test('callers are served, and what happened is told once it can be', async () => {
    const { given, mend } = broken();
    const { port, recorded, events } = await published({ with: given });
    expect(await answerTo(port, post('/orders/1', ''))).toMatchObject({ status: 201 });
    expect(await answerTo(port, post('/orders/2', ''))).toMatchObject({ status: 201 });
    expect(await recorded()).toEqual([]);
    expect(events).toEqual([{ type: 'outbox.unavailable', error: 'the disk is full' }]);
    mend();
    await expect.poll(recorded, { timeout: 5_000 }).toHaveLength(2);
    await expect.poll(() => events.at(-1)).toEqual({ type: 'outbox.recovered' });
  });

  test('what can not be written down until the end is lost, and said to be', async () => {
    const { given } = broken();
    const { port, keeper, events, tallies } = await published({ with: given });
    await answerTo(port, post('/orders/1', ''));
    await keeper.close();
    expect(events.at(-1)).toMatchObject({ type: 'event.lost', route: 'order', event: 'order.created' });
    expect(tallies.figures()).toMatchObject([{ counts: { lost: 1 } }]);
  });

  test('requests are refused where the route says so, and no target is asked', async () => {
    const { given, mend } = broken();
    const { port, legacy, events, tallies } = await published({
      with: given,
      tells: [telling({ unavailable: 'refuse' })],
    });
    for (const target of ['/orders/1', '/orders/2']) {
      const answer = await answerTo(port, post(target, '{}'));
      expect([answer.status, answer.get('x-strangler-error')]).toEqual([503, 'outbox-unavailable']);
    }
    expect(legacy.exchanges).toHaveLength(0);
    expect(tallies.figures()).toMatchObject([{ counts: { refused: 2 } }]);
    mend();
    await expect.poll(() => events.at(-1), { timeout: 5_000 }).toEqual({ type: 'outbox.recovered' });
    expect(await answerTo(port, post('/orders/3', ''))).toMatchObject({ status: 201 });
  });
});
