import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from 'better-sqlite3';
import type { Hono } from 'hono';
import { openExport } from '../../example/export/client.ts';
import { portNumber, readOptions, seconds } from '../../example/process/options.ts';
import { serveUntilStopped } from '../../example/process/serve.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import type { EventBus } from '../../src/ports.ts';
import { type Exports, offerExports } from './export.ts';
import { type Following, follow } from './following.ts';
import type { Source } from './source.ts';

/** What makes a service this one: its own schema, what it copies of the monolith's, and its API. */
export interface Service<Store> {
  readonly name: string;
  readonly port: number;
  open(db: Database): Store;
  /** What it has copies of, as long as the monolith owns it. */
  sources(store: Store): readonly Source[];
  /** What it lets its bearer read whole. */
  exports(store: Store, db: Database): Exports;
  app(store: Store): Hono;
}

/** Where the monolith is, for a service that follows it. */
export interface Followed {
  readonly url: string;
  readonly token: string;
  readonly sweepEvery: number;
}

export interface Running {
  readonly server: Server;
  stop(): Promise<void>;
}

/** A bus tells of changes; a sweep only has to find the rest. */
const sweepAlone = '0.5';

export async function runService<Store>(service: Service<Store>): Promise<void> {
  const { name } = service;
  const options = readOptions(name, {
    port: String(service.port),
    host: '127.0.0.1',
    db: `example/data/${name}.db`,
    // none: what it has is its own.
    monolith: 'http://127.0.0.1:3000',
    sweep: sweepAlone,
  });
  const port = portNumber(name, options.port);
  const token = process.env.EXPORT_TOKEN ?? '';
  const sweepEvery = seconds(name, 'sweep', options.sweep) * 1000;
  try {
    if (options.monolith !== 'none' && token === '')
      throw new Error('EXPORT_TOKEN is missing: the token that the monolith was started with (or --monolith none)');
    const followed = options.monolith === 'none' ? null : { url: options.monolith, token, sweepEvery };
    const running = await startService(service, options.db, { followed, exportToken: token });
    serveUntilStopped({ name, server: running.server, host: options.host, port, stopped: running.stop });
  } catch (error) {
    console.error(`${name}: ${(error as Error).message}`);
    process.exitCode = 1;
    process.disconnect?.();
  }
}

export interface Surroundings {
  /** `null`: what it has is its own. */
  readonly followed: Followed | null;
  readonly bus?: EventBus | null;
  /** '': nobody may read it whole. */
  readonly exportToken?: string;
}

/** The service, filled and following, ready to listen. */
export async function startService<Store>(
  service: Service<Store>,
  databaseFile: string,
  { followed, bus = null, exportToken = '' }: Surroundings,
): Promise<Running> {
  const { name } = service;
  mkdirSync(dirname(databaseFile), { recursive: true });
  const db = new Sqlite(databaseFile);
  db.pragma('journal_mode = WAL');
  const store = service.open(db);
  const following = followed && startFollowing(service.sources(store), { name, db, bus, ...followed });
  try {
    await following?.filled;
  } catch (error) {
    await following?.stop();
    db.close();
    throw error;
  }
  const app = service.app(store);
  if (exportToken !== '') offerExports(app, service.exports(store, db), exportToken);
  return {
    server: createAdaptorServer({ fetch: app.fetch }) as Server,
    async stop() {
      await following?.stop();
      db.close();
    },
  };
}

function startFollowing(
  sources: readonly Source[],
  { url, token, ...options }: Followed & { name: string; db: Database; bus: EventBus | null },
): Following {
  const monolith = openExport(`${url.replace(/\/$/, '')}/api/export`, token);
  const following = follow(sources, { ...options, monolith, say: console.error });
  return {
    filled: following.filled,
    async stop() {
      await following.stop();
      await monolith.close();
    },
  };
}
