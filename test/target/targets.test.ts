import { describe, expect, onTestFinished, test } from 'vitest';
import type { DomainEvent } from '../../src/ports.ts';
import { Targets } from '../../src/target/targets.ts';
import { instanceUrl, targetSettings } from '../support/proxy.ts';
import { RawTarget } from '../support/raw-target.ts';
import { eventually } from './wire/fixture.ts';
import { RecordedAnswer } from './wire/recorded-answer.ts';

function targets() {
  const events: DomainEvent[] = [];
  const all = new Targets({ emit: (event) => void events.push(event) });
  onTestFinished(() => all.destroy());
  return { all, events };
}

async function raw(): Promise<RawTarget> {
  const target = await RawTarget.start();
  onTestFinished(() => target.close());
  return target;
}

describe('a target', () => {
  test('takes its instances in turn', () => {
    const { all } = targets();
    const urls = [instanceUrl(1), instanceUrl(2), instanceUrl(3)];

    const orders = all.apply([targetSettings('orders', 1, { urls })]).get('orders')!;

    expect(orders.instances).toBe(3);
    expect(Array.from({ length: 7 }, () => orders.pick().url.port)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  test('says whose bytes belonged to no response', async () => {
    const { all, events } = targets();
    const target = await raw();
    target.handler = (exchange) => exchange.send('HTTP/1.1 204 No Content\r\n\r\nsurplus');
    const legacy = all.apply([targetSettings('legacy', target.port)]).get('legacy')!;

    await RecordedAnswer.get(legacy.pick()).ended;

    expect(events).toMatchObject([
      { type: 'target.misbehaved', target: 'legacy', instance: `http://127.0.0.1:${target.port}` },
    ]);
  });
});

describe('new settings', () => {
  test('leave the connections of a target that did not change', async () => {
    const { all } = targets();
    const target = await raw();
    const before = all.apply([targetSettings('legacy', target.port)]).get('legacy');
    await RecordedAnswer.get(before!.pick()).ended;

    const after = all.apply([targetSettings('legacy', target.port), targetSettings('orders', 1)]).get('legacy');

    expect(after).toBe(before);
    expect(all.connections).toBe(1);
  });

  test('let go of those of a target that changed or went, once their exchanges have ended', async () => {
    const { all } = targets();
    const target = await raw();
    const legacy = targetSettings('legacy', target.port);
    const before = all.apply([legacy, targetSettings('orders', target.port)]);
    await RecordedAnswer.get(before.get('orders')!.pick()).ended;
    target.handler = () => {};
    const underWay = RecordedAnswer.get(before.get('legacy')!.pick(), '/slow');
    const exchange = await target.exchange(1);

    const after = all.apply([{ ...legacy, via: false }]);

    expect(after.get('legacy')).not.toBe(before.get('legacy'));
    expect(after.has('orders')).toBe(false);
    await target.connections[0]!.closed;
    expect(underWay.endings).toEqual([]);
    exchange.reply(200, 'late');
    expect(await underWay.ended).toEqual({ kind: 'complete' });
    await eventually(() => target.openConnections === 0);
  });
});
