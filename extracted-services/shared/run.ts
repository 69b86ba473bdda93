import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from 'better-sqlite3';
import type { Hono } from 'hono';
import { portNumber, readOptions } from '../../example/process/options.ts';
import { serveUntilStopped } from '../../example/process/serve.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { type CatchUp, keepUp } from './catch-up.ts';
import { openMonolith } from './monolith.ts';

/** What makes a service this one: its own schema, how it learns from the monolith's, and its API. */
export interface Service<Store> {
  readonly name: string;
  readonly port: number;
  open(db: Database): Store;
  /** When what it knows was last changed in the monolith; `null` before the hydration. */
  newest(store: Store): string | null;
  copyChanges(store: Store, monolith: Database, since: string): void;
  app(store: Store): Hono;
}

export function runService<Store>(service: Service<Store>): void {
  const { name } = service;
  const options = readOptions(name, {
    port: String(service.port),
    host: '127.0.0.1',
    db: `example/data/${name}.db`,
    from: 'example/data/shop.db',
  });
  const port = portNumber(name, options.port);
  try {
    const running = startService(service, options.db, options.from);
    serveUntilStopped({ name, server: running.server, host: options.host, port, stopped: running.stop });
  } catch (error) {
    console.error(`${name}: ${(error as Error).message}`);
    process.exitCode = 1;
    process.disconnect?.();
  }
}

/** The service, hydrated and keeping up, ready to listen. */
export function startService<Store>(
  service: Service<Store>,
  databaseFile: string,
  monolithFile: string,
): { readonly server: Server; stop(): void } {
  const monolith = openMonolith(monolithFile);
  mkdirSync(dirname(databaseFile), { recursive: true });
  const db = new Sqlite(databaseFile);
  db.pragma('journal_mode = WAL');
  const store = service.open(db);
  const catchUp: CatchUp = keepUp(
    monolith,
    () => service.newest(store),
    db.transaction((since: string) => service.copyChanges(store, monolith, since)),
  );
  return {
    server: createAdaptorServer({ fetch: service.app(store).fetch }) as Server,
    stop() {
      catchUp.stop();
      monolith.close();
      db.close();
    },
  };
}
