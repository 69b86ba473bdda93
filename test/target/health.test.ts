import { once } from 'node:events';
import { createServer } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HealthSettings } from '../../src/domain/policies.ts';
import type { TargetSettings } from '../../src/domain/settings.ts';
import { askHealth } from '../../src/target/ask-health.ts';
import { HealthCheck } from '../../src/target/health-check.ts';
import { createCertificate } from '../support/certificate.ts';
import { get } from '../support/front.ts';
import { instanceUrl } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { rawTarget, several } from './several.ts';
import { eventually } from './wire/fixture.ts';

const health: HealthSettings = { path: '/healthz', every: 100, timeout: 300, unhealthyAfter: 3, healthyAfter: 2 };
const tls: TargetSettings['tls'] = { ca: null, servername: null, verify: true };

const ask = (url: ReturnType<typeof instanceUrl>, more: Partial<HealthSettings> = {}, secured = tls) =>
  askHealth({ url, health: { ...health, ...more }, tls: secured }).why;

/** An instance that answers callers, and health checks by what `isWell` says at the time. */
const checkable = (isWell: () => boolean, checks: Exchange[] = []) => {
  return (exchange: Exchange) => {
    if (exchange.target !== '/healthz') exchange.reply(200, 'ok');
    else {
      checks.push(exchange);
      exchange.reply(isWell() ? 204 : 503);
    }
  };
};

async function statuses(port: number, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await answerTo(port, get('/a'))).status);
  return all;
}

describe('an instance that says that it is not well', () => {
  test('is asked no more by callers from its third word on, and again after two good ones', async () => {
    let isWell = true;
    const checks: Exchange[] = [];
    const { port, instances, told, known, proxy } = await several([null, checkable(() => isWell, checks)], { health });
    const callers = () => instances[1]!.exchanges.filter(({ target }) => target === '/a').length;

    await eventually(() => checks.length >= 2);
    await statuses(port, 4);
    expect(callers()).toBe(2);

    isWell = false;
    const before = checks.length;
    await eventually(() => told().includes('unhealthy 1'));
    expect(checks.length - before).toBe(3);
    expect(known(1)).toMatchObject({ unhealthy: 1, leftAlone: 1, why: 'it answered with 503' });
    expect(proxy.events).toMatchObject([{ type: 'instance.unhealthy', target: 'orders', why: 'it answered with 503' }]);
    await statuses(port, 6);
    expect(callers()).toBe(2);

    isWell = true;
    await eventually(() => told().includes('healthy 1'));
    await statuses(port, 4);
    expect(callers()).toBe(4);
    expect(known(1)).toMatchObject({ unhealthy: 0, leftAlone: 0, why: null });
  });

  test('is asked all the same when nobody is well', async () => {
    const { port, told } = await several([checkable(() => false), checkable(() => false)], { health });
    await eventually(() => told().length === 2);

    expect(await statuses(port, 4)).toEqual([200, 200, 200, 200]);
  });

  test('is not asked for the other’s closing an idle connection, which is nobody’s failure', async () => {
    const ill = (exchange: Exchange) => exchange.reply(500, 'ill');
    const closing = (exchange: Exchange) => {
      if (exchange.index > 0) exchange.connection.socket.end();
      else exchange.reply(200, 'ok');
    };
    const { port, known, instances } = await several([ill, closing], { health: { ...health, unhealthyAfter: 1 } });
    await eventually(() => known(0).unhealthy === 1);

    expect(await statuses(port, 6)).toEqual(Array(6).fill(200));

    expect(instances[1]!.exchanges.some(({ index, target }) => index > 0 && target === '/a')).toBe(true);
  });

  test('grows into its share when it is well again', async () => {
    let isWell = false;
    const { port, instances, told } = await several([null, checkable(() => isWell)], { health, slowStart: 600_000 });
    await eventually(() => told().includes('unhealthy 1'));
    isWell = true;
    await eventually(() => told().includes('healthy 1'));

    await statuses(port, 56);

    // A tenth of its turns; a round of them is two requests when it takes its own, else one.
    const { length } = instances[1]!.exchanges.filter(({ target }) => target === '/a');
    expect(length).toBeGreaterThanOrEqual(4);
    expect(length).toBeLessThanOrEqual(6);
  });
});

describe('a health check', () => {
  test('is a GET with a connection, a Host and a path of the instance itself', async () => {
    const target = await rawTarget();

    expect(await ask({ ...instanceUrl(target.port), basePath: '/shop' })).toBe(null);
    expect(await ask({ ...instanceUrl(target.port), basePath: '/shop' })).toBe(null);

    const [one, other] = target.exchanges;
    expect(one).toMatchObject({ method: 'GET', target: '/shop/healthz', index: 0 });
    expect(one!.all('host')).toEqual([`127.0.0.1:${target.port}`]);
    expect(other).toMatchObject({ index: 0 });
    await Promise.all(target.connections.map(({ closed }) => closed));
  });

  test('goes to the address that DNS gave, and asks there for the name', async () => {
    const target = await rawTarget();
    const url = {
      ...instanceUrl(target.port),
      hostname: 'orders.test',
      authority: 'orders.test',
      address: '127.0.0.1',
    };

    expect(await ask(url)).toBe(null);
    expect(target.exchanges[0]!.get('host')).toBe('orders.test');
  });

  test.each([
    [200, null],
    [299, null],
    [302, 'it answered with 302'],
    [404, 'it answered with 404'],
    [503, 'it answered with 503'],
  ])('of %i means: %s', async (status, why) => {
    const target = await rawTarget((exchange) => exchange.reply(status, 'body'));
    expect(await ask(instanceUrl(target.port))).toBe(why);
  });

  test('takes refusals, resets and what is no HTTP for what they are', async () => {
    const refusing = await rawTarget();
    const { port } = refusing;
    await refusing.close();
    expect(await ask(instanceUrl(port))).toBe('ECONNREFUSED');
    const resetting = await rawTarget((exchange) => exchange.connection.socket.resetAndDestroy());
    expect(await ask(instanceUrl(resetting.port))).toBe('ECONNRESET');
    const babbling = await rawTarget((exchange) => exchange.send('no HTTP at all\r\n\r\n'));
    expect(await ask(instanceUrl(babbling.port))).toEqual(expect.any(String));
  });

  test('waits no longer than its time, for the head, for the body, and for the connection', async () => {
    const why = 'no whole answer within 300 ms';
    const silent = await rawTarget(() => {});
    expect(await ask(instanceUrl(silent.port))).toBe(why);
    const dripping = await rawTarget((exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'));
    expect(await ask(instanceUrl(dripping.port))).toBe(why);
    await Promise.all([...silent.connections, ...dripping.connections].map(({ closed }) => closed));
    const deaf = net.createServer();
    await once(deaf.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void deaf.close());
    const { port } = deaf.address() as AddressInfo;
    // A TLS handshake that nobody answers: the connection stands and is of no use.
    expect(await ask(instanceUrl(port, true))).toBe(why);
  });

  test('reads no more of an endless answer than 64 KiB', async () => {
    let sent = 0;
    const endless = await rawTarget(({ connection: { socket } }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(16_384))) sent += 16_384;
      };
      socket.on('drain', more);
      more();
    });

    expect(await ask(instanceUrl(endless.port), { timeout: 10_000 })).toBe(null);

    await Promise.all(endless.connections.map(({ closed }) => closed));
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  test('trusts whom callers’ connections trust, and nobody else', async () => {
    const certificate = await createCertificate();
    const server = createServer(certificate, (_, response) => response.end('ok'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = instanceUrl((server.address() as AddressInfo).port, true);
    const slow = { timeout: 5_000 };

    expect(await ask(url, slow)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await ask(url, slow, { ...tls, ca: certificate.cert })).toBe(null);
    expect(await ask(url, slow, { ...tls, verify: false })).toBe(null);
    expect(await ask(url, slow, { ...tls, ca: certificate.cert, servername: 'shop.test' })).toBe(null);
    expect(await ask(url, slow, { ...tls, ca: certificate.cert, servername: 'other.test' })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const named = { ...url, hostname: 'shop.test', authority: `shop.test:${url.port}`, address: '127.0.0.1' };
    expect(await ask(named, slow, { ...tls, ca: certificate.cert })).toBe(null);
  });

  test('is made at once, then again a tenth sooner or later than said, until it is stopped', async () => {
    const target = await rawTarget();
    const asked: number[] = [];
    const chances = [0, 0.999];
    const chance = () => chances.shift() ?? 0.5;
    const question = { url: instanceUrl(target.port), health: { ...health, every: 300 }, tls, chance };

    const check = new HealthCheck(question, () => asked.push(performance.now()));
    onTestFinished(() => check.stop());
    await eventually(() => asked.length === 3);
    check.stop();

    expect(target.exchanges[0]!.target).toBe('/healthz');
    // Timers are late and never early; how late is the machine's affair.
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(268);
    expect(asked[2]! - asked[1]!).toBeGreaterThanOrEqual(328);
  });

  test('is no more when the proxy is closed', async () => {
    const checks: Exchange[] = [];
    const { proxy } = await several([checkable(() => true, checks), null], { health });
    await eventually(() => checks.length >= 2);

    await proxy.close();
    const after = checks.length;
    const bystander: Exchange[] = [];
    const { proxy: other } = await several([checkable(() => true, bystander), null], { health });
    await eventually(() => bystander.length >= 4);

    expect(checks.length).toBe(after);
    await other.close();
  });
});
