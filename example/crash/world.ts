/** All processes of the shop on free ports, with their databases in one folder. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openShop } from '../../legacy-monolith/shop.ts';
import { openEventBus } from '../../src/events.ts';
import type { EventBus, GroupStanding, StoredEvent } from '../../src/ports.ts';
import { type Killable, killable, killableRedis } from './member.ts';
import { proxyIn, routesOf, toldType, uncertainIn, underWayIn } from './proxy.ts';
import type { Told } from './told.ts';

export interface World {
  readonly folder: string;
  /** The proxy's: where shoppers go. */
  readonly url: string;
  readonly services: Readonly<Record<ServiceName | 'gateway', string>>;
  /** Those that are killed; the monolith isn't: it is the old one, and not what is tried here. */
  readonly mortals: readonly Killable[];
  /** What there was of each sku before the first checkout. */
  readonly seeded: ReadonlyMap<string, number>;
  databaseOf(name: ServiceName | 'gateway'): string;
  /** How far each group has come with the events. */
  standings(): Promise<readonly GroupStanding[]>;
  /** What the proxy has written down, and neither handed on nor given up. */
  untold(): number;
  /** What the proxy has told, and what it doesn't know. */
  told(): Promise<Told>;
  /** Gracefully, in an order in which nobody is left waiting. More than once is as once. */
  stop(): Promise<void>;
}

export const serviceNames = ['inventory', 'payments', 'orders'] as const;
export type ServiceName = (typeof serviceNames)[number];

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

/** `root` is the project's folder, `folder` an empty one; what runs is what `npm run build` has made. */
export async function openWorld(root: string, folder: string, kind: 'sqlite' | 'redis'): Promise<World> {
  const [proxy, admin, monolith, gateway, inventory, payments, orders, redis] = (await freePorts(8)) as Eight;
  const db = (name: string): string => join(folder, `${name}.db`);
  const bus = kind === 'redis' ? `redis://127.0.0.1:${redis}` : `sqlite:${join(folder, 'events.db')}`;
  const seeded = seedShop(db('shop'));
  const wiring = { proxy, admin, monolith: urlOf(monolith), orders: urlOf(orders), bus };
  writeFileSync(join(folder, 'routes.yaml'), routesOf(wiring));
  const withBus = async <T>(look: (opened: EventBus) => Promise<T>): Promise<T> => {
    const opened = await openEventBus(bus, { worker: pathToFileURL(join(root, 'dist/src/bus/sqlite-worker.js')) });
    try {
      return await look(opened);
    } finally {
      await opened.close();
    }
  };

  const exportToken = randomBytes(24).toString('base64url');
  const node = (name: string, script: string, port: number, more: readonly string[] = []): Killable =>
    killable(
      {
        name,
        command: [join(root, 'dist', script), '--port', String(port), '--db', db(name), ...more],
        env: { EXPORT_TOKEN: exportToken },
        ready: 'says-so',
      },
      say,
    );
  const service = (name: ServiceName, port: number, more: readonly string[] = []): Killable =>
    node(name, `extracted-services/${name}/main.js`, port, ['--monolith', urlOf(monolith), '--bus', bus, ...more]);
  // Half a minute is right for a partner that is down, and too long for one that is up again at once.
  const toGateway = ['--gateway', urlOf(gateway), '--circuit-open', '1000'];

  const old = node('shop', 'legacy-monolith/main.js', monolith);
  const members: readonly Killable[] = [
    ...(kind === 'redis' ? [killableRedis(mkdir(join(folder, 'redis')), redis)] : []),
    node('gateway', 'extracted-services/gateway/main.js', gateway),
    service('inventory', inventory),
    service('payments', payments, toGateway),
    service('orders', orders, toGateway),
    killable(proxyIn(root, folder, urlOf(admin)), say),
  ];
  const started: Killable[] = [];
  const world: World = {
    folder,
    url: urlOf(proxy),
    services: {
      inventory: urlOf(inventory),
      payments: urlOf(payments),
      orders: urlOf(orders),
      gateway: urlOf(gateway),
    },
    mortals: members,
    seeded,
    databaseOf: db,
    standings: () => withBus((opened) => opened.groups()),
    untold: () => underWayIn(folder),
    async told() {
      const stored = await withBus(everyCreated);
      return { events: stored.map(({ event }) => event), uncertain: await uncertainIn(root, folder) };
    },
    async stop() {
      for (const member of started.splice(0).reverse()) await member.stop();
    },
  };
  try {
    for (const member of [old, ...members]) {
      started.push(member);
      await member.start();
    }
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

function seedShop(file: string): ReadonlyMap<string, number> {
  const shop = openShop(file);
  const stock = shop.products.search({}).map(({ sku }) => [sku, shop.inventory.bySku(sku)!.onHand] as const);
  shop.close();
  return new Map(stock);
}

async function everyCreated(bus: EventBus): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (;;) {
    const after = found.at(-1)?.position;
    const page = await bus.read({ types: [toldType], limit: 1_000, ...(after !== undefined && { after }) });
    if (page.length === 0) return found;
    found.push(...page);
  }
}

/** Deaths are announced by the figures; what a process says of others that died is what it is expected to. */
const say = (name: string, line: string): void => {
  if (process.env.CRASH_LOG) console.error(`${name}: ${line}`);
};

type Eight = [number, number, number, number, number, number, number, number];

/** All are held until all are known, so that none is given out twice. */
async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = holders.map((holder) => (holder.address() as { port: number }).port);
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')));
  return ports;
}

function mkdir(path: string): string {
  mkdirSync(path);
  return path;
}
