/** A proxy before legacy and several instances of the service `orders`, which answers everything. */
import { onTestFinished } from 'vitest';
import type { InstanceFigures } from '../../src/domain/instance-figures.ts';
import type { Route, TargetSettings } from '../../src/domain/settings.ts';
import { instanceUrl, route, settingsFor, startProxy, type TestProxy, targetSettings } from '../support/proxy.ts';
import { type Exchange, RawTarget } from '../support/raw-target.ts';

export interface Several {
  readonly proxy: TestProxy;
  readonly port: number;
  readonly legacy: RawTarget;
  readonly instances: readonly RawTarget[];
  /** What is known of the instance with this index. */
  known(index: number): InstanceFigures;
  /** Types and instances of the events about instances, in order. */
  told(): readonly string[];
}

export const ejection = { failures: 5, time: 30_000, longest: 300_000, most: 10 };

type Handler = (exchange: Exchange) => void;

/** @param handlers one for each instance; `null` answers `ok`. */
export async function several(
  handlers: readonly (Handler | null)[],
  settings: Partial<TargetSettings> = {},
  more: Partial<Route> = {},
): Promise<Several> {
  const legacy = await rawTarget((exchange) => exchange.reply(200, 'legacy'));
  const instances = await Promise.all(handlers.map((handler) => rawTarget(handler ?? undefined)));
  const urls = instances.map(({ port }) => instanceUrl(port));
  const proxy = await startProxy(
    settingsFor(legacy.port, {
      services: [targetSettings('orders', 0, { urls, ejection, ...settings })],
      routes: [route('all', 'orders', { path: '/*', fallback: null, ...more })],
    }),
  );
  onTestFinished(() => proxy.close());
  const names = urls.map(({ port }) => `http://127.0.0.1:${port}`);
  return {
    proxy,
    port: proxy.port,
    legacy,
    instances,
    known: (index) => proxy.targets.figures().find(({ instance }) => instance === names[index])!,
    told: () =>
      proxy.events.flatMap((event) =>
        event.type.startsWith('instance.') && 'instance' in event
          ? [`${event.type.slice(9)} ${names.indexOf(event.instance)}`]
          : [],
      ),
  };
}

/** Gone when the test is. */
export async function rawTarget(handler?: Handler): Promise<RawTarget> {
  const target = await RawTarget.start(handler);
  onTestFinished(() => target.close());
  return target;
}
