import { describe, expect, onTestFinished, test } from 'vitest';
import type { InstanceUrl } from '../../src/domain/instance-url.ts';
import type { TargetSettings } from '../../src/domain/settings.ts';
import type { DomainEvent, FoundInstances } from '../../src/ports.ts';
import { DnsDiscovery } from '../../src/target/discovery/dns-discovery.ts';
import { Targets } from '../../src/target/targets.ts';
import { DnsServer } from '../support/dns-server.ts';
import { instanceUrl, targetSettings } from '../support/proxy.ts';
import type { Exchange } from '../support/raw-target.ts';
import { ejection, rawTarget } from './several.ts';
import { eventually } from './wire/fixture.ts';
import { RecordedAnswer } from './wire/recorded-answer.ts';

/** Targets whose instances are what `tell` says; `beside` are those of a mirror. */
function discovered(first: readonly InstanceUrl[]) {
  const events: DomainEvent[] = [];
  const sink = { emit: (event: DomainEvent) => void events.push(event) };
  const tellers = new Set<(found: FoundInstances) => void>();
  const all = new Targets(sink, {
    discover: () => ({
      watch: (tell) => {
        tellers.add(tell);
        tell({ urls: first, trouble: null });
        return () => tellers.delete(tell);
      },
    }),
  });
  const beside = new Targets(sink, { beside: all });
  onTestFinished(() => {
    all.destroy();
    beside.destroy();
  });
  const tell = (urls: readonly InstanceUrl[], trouble: string | null = null): void => {
    for (const teller of tellers) teller({ urls, trouble });
  };
  return { all, beside, events, tell, tellers };
}

const orders = (more: Partial<TargetSettings> = {}) => targetSettings('orders', 0, more);

const ports = (target: { pick(): { url: InstanceUrl } }, count: number) =>
  Array.from({ length: count }, () => target.pick().url.port);

describe('a new list of instances', () => {
  test('leaves the connections of those that stay, and lets those that go finish what is under way', async () => {
    const [stays, goes, comes] = [await rawTarget(), await rawTarget(() => {}), await rawTarget()];
    const { all, tell, events } = discovered([instanceUrl(stays.port), instanceUrl(goes.port)]);
    const target = all.apply([orders()]).get('orders')!;
    await RecordedAnswer.get(target.pick()).ended;
    const underWay = RecordedAnswer.get(target.pick());
    await goes.exchange(0);

    tell([instanceUrl(stays.port), instanceUrl(comes.port)]);

    expect(target.instances).toBe(2);
    expect(new Set(ports(target, 4))).toEqual(new Set([stays.port, comes.port]));
    for (let i = 0; i < 4; i++) expect(await RecordedAnswer.get(target.pick()).ended).toEqual({ kind: 'complete' });
    expect(stays.connections).toHaveLength(1);
    expect(underWay.endings).toEqual([]);
    goes.exchanges[0]!.reply(200, 'late');
    expect(await underWay.ended).toEqual({ kind: 'complete' });
    await goes.connections[0]!.closed;
    const name = (port: number): string => `http://127.0.0.1:${port}`;
    expect(events).toEqual([
      {
        type: 'discovery.changed',
        target: 'orders',
        added: [name(comes.port)],
        gone: [name(goes.port)],
        instances: 2,
      },
    ]);
  });

  test('that says the same in another order is no news', () => {
    const { all, tell, events } = discovered([instanceUrl(1), instanceUrl(2)]);
    const target = all.apply([orders()]).get('orders')!;
    tell([instanceUrl(2), instanceUrl(1), instanceUrl(2)]);
    expect(target.instances).toBe(2);
    expect(events).toEqual([]);
  });

  test('that is empty changes nothing, and is told once; so is every other trouble', () => {
    const { all, tell, events } = discovered([instanceUrl(1)]);
    const target = all.apply([orders()]).get('orders')!;

    tell([]);
    tell([]);
    tell([instanceUrl(1)], 'the name is gone');
    tell([instanceUrl(1)]);
    tell([]);

    expect(ports(target, 2)).toEqual([1, 1]);
    expect(events.map((event) => (event.type === 'discovery.failed' ? event.why : event.type))).toEqual([
      'the list is empty',
      'the name is gone',
      'the list is empty',
    ]);
  });

  test('that was never there is a target that can’t be reached, until it is', async () => {
    const { all, tell } = discovered([]);
    const target = all.apply([orders()]).get('orders')!;

    const answer = RecordedAnswer.get(target.pick());
    expect(await answer.ended).toMatchObject({ kind: 'failure', code: 'target-unreachable' });
    const left = RecordedAnswer.get(target.pick());
    left.connection.abandon();

    const service = await rawTarget();
    tell([instanceUrl(service.port)]);
    expect(await RecordedAnswer.get(target.pick()).ended).toEqual({ kind: 'complete' });
    expect(left.endings).toEqual([]);
  });
});

describe('a slow start', () => {
  test('is for those who come to others, and for nobody at the start', () => {
    const { all, tell } = discovered([instanceUrl(1), instanceUrl(2)]);
    const target = all.apply([orders({ slowStart: 600_000 })]).get('orders')!;
    expect(ports(target, 4)).toEqual([1, 2, 1, 2]);

    tell([instanceUrl(1), instanceUrl(2), instanceUrl(3)]);

    const turns = ports(target, 210).filter((port) => port === 3).length;
    expect(turns).toBeGreaterThanOrEqual(9);
    expect(turns).toBeLessThanOrEqual(11);
  });

  test('is for nobody where all are new', () => {
    const { all, tell } = discovered([instanceUrl(1)]);
    const target = all.apply([orders({ slowStart: 600_000 })]).get('orders')!;
    tell([instanceUrl(2), instanceUrl(3)]);
    expect(ports(target, 4).toSorted()).toEqual([2, 2, 3, 3]);
  });
});

describe('what is known of an instance', () => {
  const failing = (exchange: Exchange) => exchange.connection.socket.resetAndDestroy();

  /** Two instances of which the first was ejected. */
  async function withOneEjected() {
    const [bad, good] = [await rawTarget(failing), await rawTarget()];
    const urls = [instanceUrl(bad.port), instanceUrl(good.port)];
    const stage = discovered(urls);
    const settings = orders({ urls, ejection: { ...ejection, failures: 1 } });
    const target = stage.all.apply([settings]).get('orders')!;
    await RecordedAnswer.get(target.pick()).ended;
    expect(stage.events).toMatchObject([{ type: 'instance.ejected' }]);
    return { ...stage, bad, good, settings, target };
  }

  test('outlives new settings of its target', async () => {
    const { all, settings, good } = await withOneEjected();
    const target = all.apply([{ ...settings, via: false }]).get('orders')!;
    expect(ports(target, 3)).toEqual([good.port, good.port, good.port]);
  });

  test('ends with ejection being turned off', async () => {
    const { all, settings, events, good, bad } = await withOneEjected();
    const target = all.apply([{ ...settings, ejection: null }]).get('orders')!;
    expect(new Set(ports(target, 2))).toEqual(new Set([good.port, bad.port]));
    expect(events.map(({ type }) => type)).toEqual(['instance.ejected', 'instance.returned']);
  });

  test('is known to shadows too, which add nothing to it', async () => {
    const { all, beside, settings, good, bad, events } = await withOneEjected();
    const patient = { ...settings, timeout: { ...settings.timeout, response: 0 } };
    const shadowed = beside.apply([patient]).get('orders')!;
    expect(ports(shadowed, 3)).toEqual([good.port, good.port, good.port]);

    all.apply([{ ...settings, ejection: { ...ejection, failures: 2 }, via: false }]);
    expect(ports(shadowed, 3)).toEqual([good.port, good.port, good.port]);
    expect(beside.apply([patient]).get('orders')).toBe(shadowed);

    good.handler = failing;
    for (let i = 0; i < 5; i++) await RecordedAnswer.get(shadowed.pick()).ended;
    expect(good.exchanges).toHaveLength(5);
    expect(bad.exchanges).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  test('is not shared with a target of the same name at other places', async () => {
    const { beside, settings, bad, good } = await withOneEjected();
    const other = beside.apply([{ ...settings, urls: [instanceUrl(good.port), instanceUrl(bad.port)] }]).get('orders')!;
    expect(new Set(ports(other, 2))).toEqual(new Set([bad.port, good.port]));
  });

  test('is followed no more when the target is gone', async () => {
    const { all, tellers } = await withOneEjected();
    expect(tellers.size).toBe(1);
    all.apply([]);
    expect(tellers.size).toBe(0);
  });
});

describe('a request that an instance could not be reached for', () => {
  test('goes to another one, to one that is left alone before the same again', async () => {
    const { all } = discovered([instanceUrl(1), instanceUrl(2)]);
    const target = all.apply([orders()]).get('orders')!;
    const first = target.pick();
    for (let i = 0; i < 10; i++) expect(target.pick(first)).not.toBe(first);
  });

  test('comes back to the only one', () => {
    const { all } = discovered([instanceUrl(1)]);
    const target = all.apply([orders()]).get('orders')!;
    const only = target.pick();
    expect(target.pick(only)).toBe(only);
  });
});

test('addresses that DNS tells come and go under the name, without a failed request', async () => {
  const server = await DnsServer.start();
  onTestFinished(() => server.close());
  server.sayings.set('orders.test', { A: ['127.0.0.1'], ttl: 1 });
  const service = await rawTarget();
  const url = { ...instanceUrl(service.port), hostname: 'orders.test', authority: `orders.test:${service.port}` };
  const events: DomainEvent[] = [];
  const lookup = () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
  const all = new Targets(
    { emit: (event) => void events.push(event) },
    {
      discover: ({ urls }) => new DnsDiscovery(urls, { resolver: () => server.resolver(), lookup, chance: () => 0 }),
    },
  );
  onTestFinished(() => all.destroy());
  const target = all.apply([orders({ urls: [url] })]).get('orders')!;
  await eventually(() => events.length === 1);
  expect(await RecordedAnswer.get(target.pick()).ended).toEqual({ kind: 'complete' });
  expect(target.pick().url).toEqual({ ...url, address: '127.0.0.1' });

  server.sayings.set('orders.test', { A: ['127.0.0.1', '127.0.0.9'], ttl: 60 });
  await eventually(() => target.instances === 2);
  expect(await RecordedAnswer.get(target.pick()).ended).toEqual({ kind: 'complete' });
  expect(service.connections).toHaveLength(1);
  expect(all.figures().map(({ instance }) => instance)).toEqual([
    `http://orders.test:${service.port} at 127.0.0.1`,
    `http://orders.test:${service.port} at 127.0.0.9`,
  ]);
});
