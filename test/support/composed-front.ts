/** A proxy before legacy and three services, whose answers one route composes. */
import { onTestFinished } from 'vitest';
import type { PartSettings } from '../../src/domain/compose/part.ts';
import type { Route, Settings, TargetSettings } from '../../src/domain/settings.ts';
import { composedRoute } from './composed-route.ts';
import { type SettingsOverrides, settingsFor, startProxy, type TestProxy, targetSettings } from './proxy.ts';
import { type Exchange, RawTarget } from './raw-target.ts';

type Handler = (exchange: Exchange) => void;

export interface ComposedFront {
  readonly proxy: TestProxy;
  readonly port: number;
  readonly settings: Settings;
  readonly legacy: RawTarget;
  readonly orders: RawTarget;
  readonly payments: RawTarget;
  readonly stock: RawTarget;
  /** How each part's requests ended. */
  partFigures(): Readonly<Record<string, readonly string[]>>;
}

export interface ComposedFrontOptions extends SettingsOverrides {
  readonly onLegacy?: Handler;
  readonly onOrders?: Handler;
  readonly onPayments?: Handler;
  readonly onStock?: Handler;
  /** Of every service. */
  readonly service?: Partial<TargetSettings>;
  readonly route?: Partial<Route>;
  /** Of the three parts `order`, `payment` and `stock`, the first of which is required. */
  readonly parts?: Partial<Record<'order' | 'payment' | 'stock', Partial<PartSettings>>>;
}

const json = ['Content-Type: application/json'];

export function answerJson(exchange: Exchange, value: unknown, status = 200, fields: readonly string[] = []): void {
  exchange.reply(status, typeof value === 'string' ? value : JSON.stringify(value), [...json, ...fields]);
}

export async function composedFront(options: ComposedFrontOptions = {}): Promise<ComposedFront> {
  const { onLegacy, onOrders, onPayments, onStock, service, route, parts, ...overrides } = options;
  const legacy = await RawTarget.start(onLegacy ?? ((exchange) => exchange.reply(200, 'legacy')));
  const orders = await RawTarget.start(onOrders ?? ((exchange) => answerJson(exchange, { id: 7 })));
  const payments = await RawTarget.start(onPayments ?? ((exchange) => answerJson(exchange, { paid: true })));
  const stock = await RawTarget.start(onStock ?? ((exchange) => answerJson(exchange, ['a', 'b'])));
  const settings = settingsFor(legacy.port, {
    services: [
      targetSettings('orders', orders.port, service),
      targetSettings('payments', payments.port, service),
      targetSettings('stock', stock.port, service),
    ],
    routes: [composedRoute(parts, route)],
    ...overrides,
  });
  const proxy = await startProxy(settings);
  onTestFinished(async () => {
    await proxy.close();
    for (const target of [legacy, orders, payments, stock]) await target.close();
  });
  return { proxy, port: proxy.port, settings, legacy, orders, payments, stock, partFigures: proxy.partOutcomes };
}
