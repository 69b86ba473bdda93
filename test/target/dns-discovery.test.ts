import { describe, expect, onTestFinished, test } from 'vitest';
import type { FoundInstances } from '../../src/ports.ts';
import { DnsDiscovery } from '../../src/target/discovery/dns-discovery.ts';
import { longestTtl, lookUpEvery, retryAfter, WatchedName } from '../../src/target/discovery/watched-name.ts';
import { DnsServer } from '../support/dns-server.ts';
import { instanceUrl } from '../support/proxy.ts';
import { eventually } from './wire/fixture.ts';

const named = (hostname: string, port = 4003) => ({ ...instanceUrl(port), hostname, authority: `${hostname}:${port}` });
const noLookup = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));

async function nameServer(): Promise<DnsServer> {
  const server = await DnsServer.start();
  onTestFinished(() => server.close());
  return server;
}

/** What a discovery of these URLs tells. */
function discovered(
  server: DnsServer,
  urls: readonly ReturnType<typeof instanceUrl>[],
  lookup: (name: string) => Promise<readonly string[]> = noLookup,
) {
  const told: FoundInstances[] = [];
  const discovery = new DnsDiscovery(urls, { resolver: () => server.resolver(), lookup, chance: () => 0 });
  const stop = discovery.watch((found) => void told.push(found));
  onTestFinished(stop);
  return { told, stop, addresses: () => told.at(-1)!.urls.map(({ address }) => address) };
}

describe('the addresses of a name', () => {
  test('are one instance each, of both kinds, in an order of their own; the name stays what it was', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', { A: ['10.0.0.2', '10.0.0.1', '10.0.0.2'], AAAA: ['fd00::1'], ttl: 60 });

    const { told, addresses } = discovered(server, [named('orders.test')]);
    expect(told).toEqual([{ urls: [named('orders.test')], trouble: null }]);
    await eventually(() => told.length === 2);

    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::1']);
    expect(told[1]!.trouble).toBe(null);
    for (const url of told[1]!.urls) expect(url).toMatchObject(named('orders.test'));
  });

  test('are asked for again when their time to live is over', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', { A: ['10.0.0.1'], ttl: 1 });
    const { told, addresses } = discovered(server, [named('orders.test')]);
    await eventually(() => told.length === 2);
    const askedAt = performance.now();

    server.sayings.set('orders.test', { A: ['10.0.0.1', '10.0.0.9'], ttl: 1 });
    await eventually(() => told.length === 3);

    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(950);
    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.9']);
  });

  test.each([
    ['a failure', 'failure', 'ESERVFAIL'],
    ['silence', 'silence', 'ETIMEOUT'],
    ['the name being gone', 'no such name', 'ENOTFOUND'],
  ] as const)('outlive %s, which is told', async (_, saying, code) => {
    const server = await nameServer();
    server.sayings.set('orders.test', { A: ['10.0.0.1'], ttl: 1 });
    const { told, addresses } = discovered(server, [named('orders.test')]);
    await eventually(() => told.length === 2);

    server.sayings.set('orders.test', saying);
    await eventually(() => told.length === 3);

    expect(addresses()).toEqual(['10.0.0.1']);
    expect(told[2]!.trouble).toBe(`orders.test could not be resolved (${code})`);
  });

  test('of one kind stay while those of the other can be had', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', { A: ['10.0.0.1'], AAAA: ['fd00::1'], ttl: 1 });
    const resolver = () => {
      const real = server.resolver();
      const isLater = server.questions.length > 1;
      return {
        resolve4: real.resolve4.bind(real),
        resolve6: isLater
          ? () => Promise.reject(Object.assign(new Error(), { code: 'ETIMEOUT' }))
          : real.resolve6.bind(real),
        cancel: () => real.cancel(),
      } as ReturnType<DnsServer['resolver']>;
    };
    const name = new WatchedName('orders.test', { resolver, lookup: noLookup, chance: () => 0 }, () => void answers++);
    let answers = 0;
    onTestFinished(() => name.stop());
    await eventually(() => answers === 1);

    server.sayings.set('orders.test', { A: ['10.0.0.7'], ttl: 1 });
    await eventually(() => answers === 2);

    expect(name.addresses).toEqual(['10.0.0.7', 'fd00::1']);
    expect(name.trouble).toBe('orders.test could not be resolved (ETIMEOUT)');
  });

  test('are the system’s where DNS knows nothing of the name', async () => {
    const server = await nameServer();
    const asked: string[] = [];
    const { told, addresses } = discovered(server, [named('printer')], async (name) => {
      asked.push(name);
      return ['192.168.0.9'];
    });
    await eventually(() => told.length === 2);

    expect(asked).toEqual(['printer']);
    expect(addresses()).toEqual(['192.168.0.9']);
    expect(told[1]!.trouble).toBe(null);
  });

  test('are the name itself while nobody knows any, so that each connection looks it up', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', 'failure');
    const { told } = discovered(server, [named('orders.test')]);
    await eventually(() => told.length === 2);

    expect(told[1]).toEqual({
      urls: [named('orders.test')],
      trouble: 'orders.test could not be resolved (ENOTFOUND)',
    });
  });
});

describe('a discovery by DNS', () => {
  test('asks once for each name, and never for an address', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', { A: ['10.0.0.1'], ttl: 60 });
    const { told } = discovered(server, [named('orders.test', 1), named('orders.test', 2), instanceUrl(3)]);
    await eventually(() => told.length === 2);

    expect([...server.questions].sort()).toEqual(['A orders.test', 'AAAA orders.test']);
    expect(told[1]!.urls.map(({ port, address }) => [port, address])).toEqual([
      [1, '10.0.0.1'],
      [2, '10.0.0.1'],
      [3, undefined],
    ]);
  });

  test('asks no more and tells no more when it is stopped', async () => {
    const server = await nameServer();
    server.sayings.set('orders.test', 'silence');
    const { told, stop } = discovered(server, [named('orders.test')]);
    await server.asked(2);
    stop();
    const bystander = discovered(server, [named('orders.test')]);
    await eventually(() => bystander.told.length === 2);

    expect(told).toHaveLength(1);
  });

  test('believes no answer for longer than five minutes, nor for less than a second', async () => {
    const waits: number[] = [];
    const timers = globalThis.setTimeout;
    const server = await nameServer();
    server.sayings.set('forever.test', { A: ['10.0.0.1'], ttl: 86_400 });
    server.sayings.set('never.test', { A: ['10.0.0.1'], ttl: 0 });
    globalThis.setTimeout = ((run: () => void, wait: number) => {
      waits.push(wait);
      return timers(run, wait);
    }) as typeof setTimeout;
    onTestFinished(() => {
      globalThis.setTimeout = timers;
    });
    const wait = async (hostname: string): Promise<number> => {
      const { told } = discovered(server, [named(hostname)]);
      while (told.length < 2) await new Promise((resolve) => timers(resolve, 5));
      return waits.at(-1)!;
    };

    expect(await wait('forever.test')).toBe(longestTtl * 1_000);
    expect(await wait('never.test')).toBe(1_000);
    expect(await wait('unknown.test')).toBe(retryAfter);
    expect(lookUpEvery).toBe(10_000);
  });
});
