import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, poolTo, poolToPort, wait } from './fixture.ts';
import { RecordedAnswer } from './recorded-answer.ts';

const short = { timeout: { connect: 300, response: 300, idle: 300, total: 0 } };

describe('time', () => {
  test('to connect is limited', async () => {
    const port = await fullListener();
    const { pool } = poolToPort(port, short);

    expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code: 'connect-timeout' });
    expect(pool.size).toBe(0);
  });

  test('to answer is limited, and the connection goes with it', async () => {
    const { pool, target } = await poolTo(() => {}, short);

    expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code: 'response-timeout' });
    await target.connections[0]!.closed;
    expect(pool.size).toBe(0);
  });

  test('is not lost by an interim answer', async () => {
    const { pool } = await poolTo((exchange) => exchange.send('HTTP/1.1 102 Processing\r\n\r\n'), short);

    expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code: 'response-timeout' });
  });

  test('between two pieces of a body is limited, and begins anew with each', async () => {
    const { pool } = await poolTo((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
      let sent = 0;
      const timer = setInterval(() => {
        exchange.send('x');
        if (++sent === 6) clearInterval(timer);
      }, 120);
    }, short);

    const answer = RecordedAnswer.get(pool);

    expect(await answer.ended).toMatchObject({ kind: 'failure', code: 'response-timeout', detail: 'the body stalled' });
    expect(answer.body).toBe('xxxxxx');
  });

  test('of a 0 is without limit', async () => {
    const { pool, target } = await poolTo(() => {}, { timeout: { connect: 300, response: 0, idle: 0, total: 0 } });
    const answer = RecordedAnswer.get(pool);
    const exchange = await target.exchange(0);
    await wait(700);
    exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n');
    await wait(500);
    exchange.send('x');

    expect(await answer.ended).toEqual({ kind: 'complete' });
  });

  test('does not run against the target while the request is still being sent', async () => {
    const { pool } = await poolTo((exchange) => void exchange.body().then((body) => exchange.reply(200, body)), short);
    const answer = RecordedAnswer.of(pool, (connection) =>
      connection.send('POST', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n', false, false),
    );
    await wait(600);
    answer.connection.write('a');
    await wait(600);
    answer.connection.write('b');
    answer.connection.endRequest();

    expect(await answer.ended).toEqual({ kind: 'complete' });
    expect(answer.body).toBe('ab');
  });

  test('does not run either when the answer has begun and waits for more of the request', async () => {
    const { pool } = await poolTo((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
      void exchange.body().then(() => exchange.send('b'));
    }, short);
    const answer = RecordedAnswer.of(pool, (connection) =>
      connection.send('POST', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n', false, false),
    );
    await answer.until(() => answer.bytes === 1);
    await wait(600);
    answer.connection.write('xy');
    answer.connection.endRequest();

    expect(await answer.ended).toEqual({ kind: 'complete' });
    expect(answer.body).toBe('ab');
  });

  test('runs against a target that does not read', async () => {
    const { pool } = await poolTo((exchange) => exchange.connection.socket.pause(), short);
    const answer = RecordedAnswer.of(pool, (connection) => {
      connection.send('POST', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', false, false);
      while (connection.write(Buffer.alloc(64 * 1024)));
    });
    // What the system took of the first writes makes room for some more.
    const pump = setInterval(() => answer.drains > 0 && answer.connection.write(Buffer.alloc(1024 * 1024)), 20);
    onTestFinished(() => clearInterval(pump));
    answer.ended.then(() => clearInterval(pump));

    expect(await answer.ended).toMatchObject({ kind: 'failure', code: 'response-timeout' });
  });

  test('does not run while whoever takes the answer is paused', async () => {
    const { pool } = await poolTo((exchange) => exchange.reply(200, Buffer.alloc(16 * 1024 * 1024)), short);
    const answer = RecordedAnswer.get(pool);
    answer.onPiece = () => answer.connection.pause();
    await answer.until(() => answer.bytes > 0);
    const before = answer.bytes;
    await wait(700);

    expect(answer.endings).toEqual([]);
    expect(answer.bytes - before).toBeLessThanOrEqual(64 * 1024);

    answer.onPiece = () => {};
    answer.connection.resume();
    expect(await answer.ended).toEqual({ kind: 'complete' });
    expect(answer.bytes).toBe(16 * 1024 * 1024);
  });
});

describe('a target that breaks off', () => {
  test.each([
    ['instead of an answer', '', 'target-reset'],
    ['in the head', 'HTTP/1.1 200 OK\r\nContent-', 'target-reset'],
    ['after an interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'target-reset'],
    ['in a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'target-reset'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf', 'target-reset'],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'target-reset'],
    [
      'before the end of the trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\n',
      'target-reset',
    ],
    ['with what is no HTTP', 'no HTTP\r\n\r\n', 'target-invalid'],
  ])('%s is a failure', async (_title, raw, code) => {
    for (const breakOff of ['end', 'resetAndDestroy'] as const) {
      const { pool } = await poolTo((exchange) => {
        if (raw !== '') exchange.send(raw);
        setTimeout(() => exchange.connection.socket[breakOff](), 20);
      });

      expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code });
      expect(pool.size).toBe(0);
    }
  });

  test('ends a body that has no other end', async () => {
    const { pool } = await poolTo((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\n\r\nwhole');
      exchange.connection.socket.end();
    });
    const answer = RecordedAnswer.get(pool);

    expect(await answer.ended).toEqual({ kind: 'complete' });
    expect(answer.body).toBe('whole');
  });

  test('by a reset does not end such a body', async () => {
    const { pool } = await poolTo((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\n\r\nhalf');
      setTimeout(() => exchange.connection.socket.resetAndDestroy(), 20);
    });

    expect(await RecordedAnswer.get(pool).ended).toMatchObject({ kind: 'failure', code: 'target-reset' });
  });
});

test('an exchange that was given up hears nothing more, and its connection is closed', async () => {
  const { pool, target } = await poolTo(() => {});
  const answer = RecordedAnswer.get(pool);
  const exchange = await target.exchange(0);

  answer.connection.abandon();
  exchange.reply(200, 'late');

  await exchange.connection.closed;
  expect(answer.endings).toEqual([]);
  expect(pool.size).toBe(0);
});

describe('a tunnel', () => {
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n';
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n';

  test('carries bytes both ways, the first ones too, and may be silent longer than an answer', async () => {
    const { pool, target } = await poolTo((exchange) => {
      exchange.send(`${switched}early`);
      exchange.connection.tunnel((chunk) => exchange.connection.socket.write(chunk));
    }, short);
    const answer = RecordedAnswer.of(pool, (connection) => connection.send('GET', upgrade, true, true));
    await answer.until(() => answer.body === 'early');
    await wait(700);

    answer.connection.write('hello');
    await answer.until(() => answer.body === 'earlyhello');
    answer.connection.endTunnel();
    await target.connections[0]!.closed;

    expect(answer.endings.filter(({ kind }) => kind !== 'tunnel')).toEqual([]);
  });

  test('to a target that reads slowly is not cut for it', async () => {
    const size = 16 * 1024 * 1024;
    const { pool, target } = await poolTo((exchange) => {
      exchange.send(switched);
      exchange.connection.tunnel(() => {});
      exchange.connection.socket.pause();
    }, short);
    const answer = RecordedAnswer.of(pool, (connection) => connection.send('GET', upgrade, true, true));
    await answer.until(() => answer.head !== null);

    expect(answer.connection.write(Buffer.alloc(size))).toBe(false);
    await wait(700);
    expect(answer.endings).toEqual([]);
    target.connections[0]!.socket.resume();

    await answer.until(() => answer.drains > 0);
    await eventually(() => target.connections[0]!.received > size);
  });
});

/** A port whose listener accepts nothing any more: its backlog is full, so that further connections hang. */
async function fullListener(): Promise<number> {
  const { spawn } = await import('node:child_process');
  const program = `
    const net = require('node:net');
    const server = net.createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      process.stdout.write(String(server.address().port));
      // Whoever never returns to the event loop never accepts.
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = Number(
    await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data)))),
  );
  for (let i = 0; i < 8; i++) {
    const filler = net.connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void filler.destroy());
  }
  await wait(100);
  return port;
}
