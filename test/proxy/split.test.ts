import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/domain/caller.ts';
import type { LiveRoute } from '../../src/domain/live.ts';
import { aRow } from '../domain/a-row.ts';
import { type FrontOptions, front, get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const split = (percent: number, more: FrontOptions = {}) =>
  front({
    routes: [route('order', 'orders', { path: '/orders/*', percent })],
    caller: [
      { from: 'header', name: 'x-user' },
      { from: 'cookie', name: 'session' },
    ],
    onLegacy: (exchange) => exchange.reply(200, 'legacy'),
    onService: (exchange) => exchange.reply(200, 'service'),
    ...more,
  });

const live = (percent: number): LiveRoute => aRow({ live: percent });

/** Who answers each of these callers, asked one after the other on one connection. */
async function answersOf(port: number, users: readonly string[]): Promise<string[]> {
  const caller = await RawCaller.connect(port);
  const answers: string[] = [];
  for (const user of users) {
    caller.send(get('/orders/1', `X-User: ${user}`));
    answers.push((await caller.answer())!.text);
  }
  caller.destroy();
  return answers;
}

describe('a split', () => {
  test('gives the service the callers whose bucket lies below the percent, and no others', async () => {
    const { port } = await split(25);
    const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);

    const answers = await answersOf(port, users);

    expect(answers).toEqual(users.map((user) => (bucketOf('orders', user) < 2_500 ? 'service' : 'legacy')));
    const share = answers.filter((answer) => answer === 'service').length / answers.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });

  test('keeps every caller where it is when it widens', async () => {
    const { port, proxy, settings } = await split(0);
    const users = Array.from({ length: 200 }, (_, i) => `user-${i}`);
    let before = new Set<string>();

    for (const percent of [1, 5, 25, 50, 99.99, 100]) {
      proxy.apply(settings, [live(percent)]);
      const answers = await answersOf(port, users);
      const now = new Set(users.filter((_, i) => answers[i] === 'service'));
      expect([...before].filter((user) => !now.has(user))).toEqual([]);
      before = now;
    }

    expect(before.size).toBe(users.length);
  });

  test('follows the live percent, not the declared one', async () => {
    const { port, proxy, settings } = await split(100);
    proxy.apply(settings, [live(0)]);

    expect(await answersOf(port, ['a', 'b'])).toEqual(['legacy', 'legacy']);
  });

  test('knows a caller by the first source that is there', async () => {
    const { port } = await split(50, { debug: true });
    const bucket = async (...fields: string[]) =>
      (await answerTo(port, get('/orders/1', ...fields))).get('x-strangler-bucket');

    const byHeader = await bucket('X-User: 7', 'Cookie: session=abc');
    const byCookie = await bucket('Cookie: a=1; session=abc');

    expect(byHeader).toBe(String(bucketOf('orders', '7')));
    expect(byCookie).toBe(String(bucketOf('orders', 'abc')));
  });
});

describe('a caller without a key', () => {
  const cookieOf = (setCookie: string | undefined) =>
    /^strangler_caller=([A-Za-z0-9_-]{22});/.exec(setCookie ?? '')?.[1];

  test('is answered by legacy, is given a cookie, and has its side from then on', async () => {
    const { port } = await split(50);
    const sides = new Set<string>();

    for (let i = 0; i < 40; i++) {
      const first = await answerTo(port, get('/orders/1'));
      expect(first.text).toBe('legacy');
      const [setCookie, ...others] = first.all('set-cookie');
      expect(others).toEqual([]);
      expect(setCookie).toMatch(/; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax$/);
      const cookie = `Cookie: strangler_caller=${cookieOf(setCookie)}`;

      const again = await answerTo(port, get('/orders/1', cookie));
      expect(again.get('set-cookie')).toBeUndefined();
      expect((await answerTo(port, get('/orders/2', cookie))).text).toBe(again.text);
      sides.add(again.text);
    }

    expect([...sides].sort()).toEqual(['legacy', 'service']);
  });

  test('keeps the target’s own cookies', async () => {
    const { port } = await split(50, { onLegacy: (e) => e.reply(200, '', ['Set-Cookie: a=1', 'Set-Cookie: b=2']) });

    const cookies = (await answerTo(port, get('/orders/1'))).all('set-cookie');

    expect(cookies).toEqual(['a=1', 'b=2', expect.stringMatching(/^strangler_caller=/)]);
  });

  test.each(['public, max-age=60', 's-maxage=5', 'max-age=60'])(
    'gets no cookie with an answer that others may be given too: Cache-Control: %s',
    async (control) => {
      const { port } = await split(50, {
        onLegacy: (exchange) => exchange.reply(200, '', [`Cache-Control: ${control}`]),
      });

      for (const more of [[], ['Upgrade: websocket', 'Connection: Upgrade']]) {
        expect((await answerTo(port, get('/orders/1', ...more))).get('set-cookie')).toBeUndefined();
      }
    },
  );

  test('gets one with the refusal of an upgrade that is for it alone', async () => {
    const { port } = await split(50);
    const answer = await answerTo(port, get('/orders/1', 'Upgrade: websocket', 'Connection: Upgrade'));
    expect(cookieOf(answer.get('set-cookie'))).toBeDefined();
  });

  test.each([0, 100])('gets no cookie at %d percent', async (percent) => {
    const { port } = await split(percent);

    const answer = await answerTo(port, get('/orders/1'));

    expect(answer.text).toBe(percent === 0 ? 'legacy' : 'service');
    expect(answer.get('set-cookie')).toBeUndefined();
  });

  test('gets no cookie where no route matched, nor for a cookie that it made up', async () => {
    const { port } = await split(50);

    expect((await answerTo(port, get('/other'))).get('set-cookie')).toBeUndefined();
    const forged = await answerTo(port, get('/orders/1', 'Cookie: strangler_caller=me'));
    expect(forged.text).toBe('legacy');
    expect(cookieOf(forged.get('set-cookie'))).toBeDefined();
  });
});

describe('the override', () => {
  const override = { header: 'x-strangler-target', secret: 's3cret; x' };

  test('chooses the target for who knows the secret', async () => {
    const { port } = await split(0, { override });

    expect((await answerTo(port, get('/orders/1', 'X-Strangler-Target: orders; secret=s3cret; x'))).text).toBe(
      'service',
    );
    expect((await answerTo(port, get('/orders/1', 'x-strangler-TARGET: legacy;secret=s3cret; x'))).text).toBe('legacy');
  });

  test.each([
    'orders',
    'orders; secret=',
    'orders; secret=s3cret',
    'orders; secret=S3CRET; X',
    'payments; secret=s3cret; x',
    'http://evil.example; secret=s3cret; x',
  ])('is nothing without it: %s', async (value) => {
    const { port } = await split(0, { override });

    expect((await answerTo(port, get('/orders/1', `X-Strangler-Target: ${value}`))).text).toBe('legacy');
  });

  test.each([
    [['X-Strangler-Target: legacy; secret=s3cret; x', 'x-strangler-target: orders']],
    [['Connection: X-Strangler-Target', 'X-Strangler-Target: legacy; secret=s3cret; x']],
    [['X_Strangler_Target: legacy', 'X-Strangler_Target: legacy']],
  ])('never reaches a target: %j', async (fields) => {
    for (const configured of [override, null]) {
      const { port, legacy } = await split(0, { override: configured });

      await answerTo(port, get('/orders/1', ...fields));

      expect((await legacy.exchange(0)).head).not.toMatch(/strangler.target/i);
    }
  });

  test('is off where it isn’t configured', async () => {
    const { port } = await split(0);

    expect((await answerTo(port, get('/orders/1', 'X-Strangler-Target: orders; secret='))).text).toBe('legacy');
  });
});

describe('debug', () => {
  test('says on every answer who gave it and why, and else nothing does', async () => {
    const { port, proxy, settings } = await split(50, { debug: true });
    const facts = (answer: { headers: readonly (readonly [string, string])[] }) =>
      answer.headers
        .filter(([name]) => name.startsWith('x-strangler-'))
        .map(([name, value]) => `${name.slice(12)}=${value}`);

    expect(facts(await answerTo(port, get('/orders/1', 'X-User: 1')))).toEqual([
      'route=order',
      expect.stringMatching(/^target=(?:legacy|orders)$/),
      `bucket=${bucketOf('orders', '1')}`,
      'reason=bucket',
    ]);
    expect(facts(await answerTo(port, get('/orders/1')))).toEqual([
      'route=order',
      'target=legacy',
      'bucket=-',
      'reason=unidentified',
    ]);
    expect(facts(await answerTo(port, get('/other')))).toEqual([
      'route=-',
      'target=legacy',
      'bucket=-',
      'reason=unmatched',
    ]);

    proxy.apply({ ...settings, debug: false });
    expect(facts(await answerTo(port, get('/orders/1')))).toEqual([]);
  });
});

describe('a new snapshot', () => {
  test('is whole for every request, and costs none of those under way', async () => {
    const { port, proxy, settings } = await split(0);
    const callers = await Promise.all(Array.from({ length: 8 }, () => RawCaller.connect(port)));
    let stop = false;
    // One percent per route: a request that saw half of a change would be answered by a side that its route never had.
    const both = [
      route('order', 'orders', { path: '/orders/*', percent: 0 }),
      route('other', 'orders', { path: '/other/*', percent: 100 }),
    ];
    proxy.apply({ ...settings, routes: both });
    const swapping = (async () => {
      for (let i = 0; !stop; i++) {
        const routes = i % 2 === 0 ? both : [...both].reverse();
        proxy.apply(i % 4 < 2 ? { ...settings, routes } : { ...settings, routes: [...routes] });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();

    await Promise.all(
      callers.map(async (caller) => {
        for (let i = 0; i < 100; i++) {
          const [target, side] = i % 2 === 0 ? ['/orders/1', 'legacy'] : ['/other/1', 'service'];
          caller.send(get(target!));
          expect((await caller.answer())?.text).toBe(side);
        }
        caller.destroy();
      }),
    );
    stop = true;
    await swapping;
  });

  test('leaves a request under way with the target that it was planned for', async () => {
    const { port, proxy, settings, legacy } = await split(0, { onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/1'));
    const exchange = await legacy.exchange(0);

    proxy.apply({ ...settings, legacy: { ...settings.legacy, via: false }, routes: [] }, []);
    exchange.reply(200, 'as planned');

    expect((await caller.answer())?.text).toBe('as planned');
    await exchange.connection.closed;
    caller.destroy();
  });
});
