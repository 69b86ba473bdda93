import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Sqlite } from '../../../example/process/sqlite.ts';
import { gatewayApp, type Mood } from '../../../extracted-services/gateway/app.ts';
import { type Charge, openLedger } from '../../../extracted-services/gateway/ledger.ts';
import { inventory } from '../../../extracted-services/inventory/service.ts';
import { orders } from '../../../extracted-services/orders/service.ts';
import { paymentsPart } from '../../../extracted-services/payments/part.ts';
import { payments } from '../../../extracted-services/payments/service.ts';
import type { ClientOptions } from '../../../extracted-services/shared/client.ts';
import { startService } from '../../../extracted-services/shared/run.ts';
import type { EventBus } from '../../../src/ports.ts';
import { closed, exportToken, listen, type RunningShop, startShop } from '../../example/support/running-shop.ts';

export interface Told {
  readonly id: number;
  readonly status: string;
  readonly total: number;
  readonly error: { readonly code: string; readonly message: string };
  readonly links: { readonly self: string; readonly payment: string | null };
}

export interface Placed {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Told;
}

export interface RunningServices {
  readonly shop: RunningShop;
  readonly urls: Readonly<Record<'orders' | 'payments' | 'inventory' | 'gateway', string>>;
  place(order: object, key?: string): Promise<Placed>;
  get(service: 'orders' | 'payments' | 'inventory', path: string): Promise<{ status: number; body: unknown }>;
  sagaOf(id: number): Promise<{ state: string; reason: string | null; stuck: boolean; log: { state: string }[] }>;
  mood(mood: Mood): Promise<void>;
  charges(): readonly Charge[];
  close(): Promise<void>;
}

/** All services in this process, over `bus`, with the patience of a test. */
export async function startServices(
  bus: EventBus,
  {
    stepTimeout = 5_000,
    callerPatience = 5_000,
    gateway = {},
  }: { stepTimeout?: number; callerPatience?: number; gateway?: ClientOptions } = {},
): Promise<RunningServices> {
  const shop = await startShop();
  mkdirSync(join(shop.folder, 'services'));
  const file = (name: string): string => join(shop.folder, 'services', `${name}.db`);
  const stops: (() => Promise<void>)[] = [];

  const ledgerDb = new Sqlite(file('gateway'));
  const ledger = openLedger(ledgerDb);
  const { app, letGo } = gatewayApp(ledger);
  const gatewayServer = createAdaptorServer({ fetch: app.fetch }) as Server;
  const gatewayUrl = await listen(gatewayServer);

  const options = {
    gateway: gatewayUrl,
    monolith: shop.url,
    'circuit-open': '1000',
    'step-timeout': String(stepTimeout),
    'caller-patience': String(callerPatience),
  };
  const surroundings = {
    followed: { url: shop.url, token: exportToken, sweepEvery: 250 },
    speech: { bus, options },
  };
  const impatient: typeof payments = { ...payments, takePart: (_, tools) => paymentsPart(tools, gateway) };
  const start = async (starting: ReturnType<typeof startService>): Promise<string> => {
    const running = await starting;
    const url = await listen(running.server);
    stops.push(async () => {
      running.drain();
      await closed(running.server);
      await running.stop();
    });
    return url;
  };
  const urls = {
    inventory: await start(startService(inventory, file('inventory'), surroundings)),
    payments: await start(startService(impatient, file('payments'), surroundings)),
    orders: await start(startService(orders, file('orders'), surroundings)),
    gateway: gatewayUrl,
  };

  return {
    shop,
    urls,
    async place(order, key) {
      const response = await fetch(`${urls.orders}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
        body: JSON.stringify(order),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Told };
    },
    async get(service, path) {
      const response = await fetch(urls[service] + path);
      return { status: response.status, body: await response.json() };
    },
    async sagaOf(id) {
      return (await (await fetch(`${urls.orders}/sagas/${id}`)).json()) as Awaited<
        ReturnType<RunningServices['sagaOf']>
      >;
    },
    async mood(mood) {
      await fetch(`${urls.gateway}/mood/${mood}`, { method: 'PUT' });
    },
    charges: () => ledger.charges(),
    async close() {
      letGo();
      for (const stop of stops.reverse()) await stop();
      await closed(gatewayServer);
      ledgerDb.close();
      await shop.close();
    },
  };
}
