import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from 'better-sqlite3';
import type { Hono } from 'hono';
import { portNumber, readOptions } from '../../example/process/options.ts';
import { serveUntilStopped } from '../../example/process/serve.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { openEventBus } from '../../src/events.ts';
import type { EventBus } from '../../src/ports.ts';
import { type CatchUp, keepUp } from './catch-up.ts';
import { type Dealings, type EventHealth, type Part, type Tools, takePart } from './dealings.ts';
import { openMonolith } from './monolith.ts';

/** What makes a service this one: its own schema, how it learns from the monolith's, and its API. */
export interface Service<Store, P extends Part = Part> {
  readonly name: string;
  readonly port: number;
  open(db: Database): Store;
  /** When what it knows was last changed in the monolith; `null` before the hydration. */
  newest(store: Store): string | null;
  copyChanges(store: Store, monolith: Database, since: string): void;
  /** Options of its own, with their defaults. */
  readonly options?: Readonly<Record<string, string>>;
  /** What it does together with the others. */
  takePart?(store: Store, tools: Tools): P;
  /** `part` is null without a bus: then it only follows the monolith. */
  app(store: Store, part: P | null, health: () => EventHealth | null): Hono;
}

/** What the services speak to each other by. */
export interface Speech {
  readonly bus: EventBus;
  readonly options: Readonly<Record<string, string>>;
}

/** ms after which a service that was killed loses its partitions: its next self waits for that, and no step times out by it. */
const lease = 2_000;

export async function runService<Store, P extends Part>(service: Service<Store, P>): Promise<void> {
  const { name } = service;
  const options = readOptions(name, {
    port: String(service.port),
    host: '127.0.0.1',
    db: `example/data/${name}.db`,
    from: 'example/data/shop.db',
    // Where the services speak to each other, as events.bus of routes.yaml says it; none: this one only follows.
    bus: '',
    ...service.options,
  });
  const port = portNumber(name, options.port);
  let bus: EventBus | null = null;
  try {
    bus = options.bus === '' ? null : await openEventBus(options.bus, { lease });
    const running = startService(service, options.db, options.from, bus && { bus, options });
    serveUntilStopped({
      name,
      server: running.server,
      host: options.host,
      port,
      draining: running.drain,
      async stopped() {
        await running.stop();
        await bus?.close();
      },
    });
  } catch (error) {
    console.error(`${name}: ${(error as Error).message}`);
    process.exitCode = 1;
    await bus?.close();
    process.disconnect?.();
  }
}

/** The service, hydrated and keeping up, ready to listen. */
export function startService<Store, P extends Part>(
  service: Service<Store, P>,
  databaseFile: string,
  monolithFile: string,
  speech: Speech | null = null,
): { readonly server: Server; drain(): void; stop(): Promise<void> } {
  const monolith = openMonolith(monolithFile);
  mkdirSync(dirname(databaseFile), { recursive: true });
  const db = new Sqlite(databaseFile);
  db.pragma('journal_mode = WAL');
  // What was promised to a caller or to another service has to outlive a power cut as well.
  db.pragma('synchronous = FULL');
  const store = service.open(db);
  const catchUp: CatchUp = keepUp(
    monolith,
    () => service.newest(store),
    db.transaction((since: string) => service.copyChanges(store, monolith, since)),
  );
  const dealings: Dealings<P> | null =
    speech && service.takePart
      ? takePart(service.name, speech.bus, { db, options: speech.options }, (tools) => service.takePart!(store, tools))
      : null;
  const app = service.app(store, dealings?.part ?? null, () => dealings?.health() ?? null);
  return {
    server: createAdaptorServer({ fetch: app.fetch }) as Server,
    drain: () => dealings?.part.drain?.(),
    async stop() {
      catchUp.stop();
      monolith.close();
      await dealings?.stop();
      db.close();
    },
  };
}
