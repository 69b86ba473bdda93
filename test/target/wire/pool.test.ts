import { describe, expect, test } from 'vitest';
import { eventually, poolTo, poolToPort, wait } from './fixture.ts';
import { RecordedAnswer } from './recorded-answer.ts';

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a connection', () => {
  test('is used again after a whole answer, once it has been watched for a turn', async () => {
    const { pool, target } = await poolTo();

    const first = RecordedAnswer.get(pool, '/1');
    await first.ended;
    const hasty = RecordedAnswer.get(pool, '/2');
    expect(hasty.connection).not.toBe(first.connection);
    await hasty.ended;
    await turns(4);
    const third = RecordedAnswer.get(pool, '/3');
    await third.ended;

    expect(third.connection.reused).toBe(true);
    expect(third.body).toBe('ok');
    expect(target.connections).toHaveLength(2);
  });

  test('asked for fresh is never one that was used before', async () => {
    const { pool, target } = await poolTo();
    await RecordedAnswer.get(pool).ended;
    await turns(4);

    await RecordedAnswer.get(pool, '/', true).ended;

    expect(target.connections).toHaveLength(2);
  });

  test.each([
    ['says close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('is not kept when the target %s', async (_title, raw) => {
    const { pool, target } = await poolTo((exchange) => exchange.send(raw));

    await RecordedAnswer.get(pool).ended;

    await target.connections[0]!.closed;
    expect(pool.size).toBe(0);
  });

  test('is not kept when the answer came before the request was whole', async () => {
    const { pool, target } = await poolTo((exchange) => exchange.reply(413, 'no'));
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n';

    const answer = RecordedAnswer.of(pool, (connection) => {
      connection.send('POST', head, false, false);
      connection.write('some');
    });

    expect(await answer.ended).toEqual({ kind: 'complete' });
    await target.connections[0]!.closed;
    expect(pool.size).toBe(0);
  });

  test('that the target closes while it rests is let go of', async () => {
    const { pool, target } = await poolTo();
    await RecordedAnswer.get(pool).ended;
    await turns(4);

    target.connections[0]!.socket.end();
    await eventually(() => pool.size === 0);

    expect(await RecordedAnswer.get(pool).ended).toEqual({ kind: 'complete' });
  });

  test.each([
    ['at once', 0],
    ['a little later', 30],
  ])(
    'that says more than its answer %s is thrown away, as are all others, and none is kept any more',
    async (_t, ms) => {
      const { pool, target, misbehaved } = await poolTo((exchange) => {
        exchange.reply(200, 'ok');
        if (exchange.target !== '/bad') return;
        const surplus = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
        if (ms === 0) exchange.send(surplus);
        else setTimeout(() => exchange.send(surplus), ms);
      });
      await Promise.all([RecordedAnswer.get(pool).ended, RecordedAnswer.get(pool).ended]);
      await turns(4);

      const bad = RecordedAnswer.get(pool, '/bad');
      expect(await bad.ended).toEqual({ kind: 'complete' });
      expect(bad.body).toBe('ok');
      await eventually(() => pool.size === 0);
      for (let i = 0; i < 3; i++) {
        const next = RecordedAnswer.get(pool, '/next');
        expect(await next.ended).toEqual({ kind: 'complete' });
        expect(next.body).toBe('ok');
        expect(next.connection.reused).toBe(false);
        await turns(4);
      }

      expect(misbehaved).toEqual([expect.stringContaining('belong to no response')]);
      expect(target.exchanges.every(({ index }) => index <= 1)).toBe(true);
    },
  );

  test('that says something before it was asked fails its exchange', async () => {
    const { pool, target } = await poolTo(() => {});
    const first = RecordedAnswer.of(pool, () => {});
    await target.until(() => target.connections.length === 1);

    target.connections[0]!.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');

    expect(await first.ended).toMatchObject({ kind: 'failure', code: 'target-invalid' });
  });

  test('rests no longer than the target promised, less a second', async () => {
    const { pool } = await poolTo((exchange) => exchange.reply(200, 'ok', ['Keep-Alive: timeout=2']));
    await RecordedAnswer.get(pool).ended;
    await turns(4);

    const begin = Date.now();
    await wait(700);
    expect(pool.size).toBe(1);
    await eventually(() => pool.size === 0);

    expect(Date.now() - begin).toBeLessThan(2_000);
  });

  test('that rests does not keep the process alive by a timer of its own, and closing lets go of it', async () => {
    const { pool, target } = await poolTo();
    await RecordedAnswer.get(pool).ended;
    await turns(4);

    pool.close();

    await target.connections[0]!.closed;
    expect(pool.size).toBe(0);
  });

  test('in use when the pool closes finishes its exchange and is not kept', async () => {
    const { pool, target } = await poolTo(() => {});
    const answer = RecordedAnswer.get(pool);
    const exchange = await target.exchange(0);

    pool.close();
    exchange.reply(200, 'still');

    expect(await answer.ended).toEqual({ kind: 'complete' });
    await eventually(() => pool.size === 0);
  });

  test('with a pause over its last bytes reads the next answer', async () => {
    const { pool } = await poolTo((exchange) => exchange.reply(200, Buffer.alloc(100_000)));
    const first = RecordedAnswer.get(pool);
    first.onPiece = () => {
      if (first.bytes === 100_000) first.connection.pause();
      else first.connection.resume();
    };
    await first.ended;
    await turns(4);

    const second = RecordedAnswer.get(pool);

    expect(await second.ended).toEqual({ kind: 'complete' });
    expect(second.connection.reused).toBe(true);
  });
});

describe('a target that can’t be reached', () => {
  test('refuses', async () => {
    const { target } = await poolTo();
    const { port } = target;
    await target.close();
    const { pool } = poolToPort(port);

    expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code: 'target-refused' });
    expect(pool.size).toBe(0);
  });
});
