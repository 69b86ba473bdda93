import { onTestFinished } from 'vitest';
import type { Settings, TargetSettings } from '../../src/domain/settings.ts';
import type { Publisher } from '../../src/ports.ts';
import { type SettingsOverrides, settingsFor, startProxy, type TestProxy, targetSettings } from './proxy.ts';
import { type Exchange, RawTarget } from './raw-target.ts';

type Handler = (exchange: Exchange) => void;

export interface Front {
  readonly proxy: TestProxy;
  readonly port: number;
  readonly settings: Settings;
  readonly legacy: RawTarget;
  readonly service: RawTarget;
}

export interface FrontOptions extends SettingsOverrides {
  readonly onLegacy?: Handler;
  readonly onService?: Handler;
  readonly service?: Partial<TargetSettings>;
  readonly publisher?: Publisher;
}

/** A proxy before two raw targets, `legacy` and the service `orders`; all of it is gone when the test is. */
export async function front({
  onLegacy,
  onService,
  service,
  publisher,
  ...overrides
}: FrontOptions = {}): Promise<Front> {
  const legacy = await RawTarget.start(onLegacy);
  const orders = await RawTarget.start(onService);
  const settings = settingsFor(legacy.port, {
    services: [targetSettings('orders', orders.port, service)],
    ...overrides,
  });
  const proxy = await startProxy(settings, [], () => null, publisher ?? null);
  onTestFinished(async () => {
    await proxy.close();
    await legacy.close();
    await orders.close();
  });
  return { proxy, port: proxy.port, settings, legacy, service: orders };
}

/** A GET with the least that HTTP/1.1 asks for; `fields` are further header lines. */
export function get(target: string, ...fields: string[]): string {
  return message('GET', target, fields, '');
}

/** A request whose body has a Content-Length. */
export function post(target: string, body: string, ...fields: string[]): string {
  return message('POST', target, [...fields, `Content-Length: ${body.length}`], body);
}

export function message(method: string, target: string, fields: readonly string[], body: string): string {
  const lines = ['Host: shop.example', ...fields].map((field) => `${field}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`;
}
