import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from 'better-sqlite3';
import type { Hono } from 'hono';
import { onOrOff, portNumber, readOptions, seconds } from '../../example/process/options.ts';
import { serveUntilStopped } from '../../example/process/serve.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { openEventBus } from '../../src/events.ts';
import type { EventBus } from '../../src/ports.ts';
import { type Dealings, type EventHealth, type Part, type Tools, takePart } from './dealings.ts';
import { type Exports, offerExports } from './export.ts';
import { type Followed, follow } from './following.ts';
import type { Source } from './source.ts';

/** What makes a service this one: its own schema, what it copies of the monolith's, and its API. */
export interface Service<Store, P extends Part = Part> {
  readonly name: string;
  readonly port: number;
  open(db: Database): Store;
  /** What it has copies of, as long as the monolith owns it. */
  sources(store: Store): readonly Source[];
  /** What whoever bears the token may read whole. */
  exports(store: Store, db: Database): Exports;
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

export interface Surroundings {
  /** `null`: what it has is its own. */
  readonly followed: Followed | null;
  readonly speech?: Speech | null;
  /** '': nobody may read it whole. */
  readonly exportToken?: string;
}

export interface Running {
  readonly server: Server;
  drain(): void;
  stop(): Promise<void>;
}

/** Seconds between two sweeps: events tell of changes, and a sweep only has to find the rest. Without a bus it is all there is. */
const [sweepBesideEvents, sweepAlone] = ['30', '0.5'];

/** ms after which a service that was killed loses its partitions: its next self waits for that, and no step times out by it. */
const lease = 2_000;

export async function runService<Store, P extends Part>(service: Service<Store, P>): Promise<void> {
  const { name } = service;
  const options = readOptions(name, {
    port: String(service.port),
    host: '127.0.0.1',
    db: `example/data/${name}.db`,
    monolith: 'http://127.0.0.1:3000',
    // off: what it has is its own, and nothing of the monolith's is copied any more.
    follow: 'on',
    sweep: '',
    // Where the services speak to each other, as events.bus of routes.yaml says it; none: this one only follows.
    bus: '',
    ...service.options,
  });
  const port = portNumber(name, options.port);
  const exportToken = process.env.EXPORT_TOKEN ?? '';
  // By the environment where it holds a password.
  const busAt = options.bus || (process.env.EVENT_BUS ?? '');
  const follows = onOrOff(name, options.follow);
  const sweepEvery = 1000 * seconds(name, 'sweep', options.sweep || (busAt === '' ? sweepAlone : sweepBesideEvents));
  let bus: EventBus | null = null;
  try {
    if (follows && exportToken === '')
      throw new Error('EXPORT_TOKEN is missing: the token that the monolith was started with (or --follow off)');
    bus = busAt === '' ? null : await openEventBus(busAt, { lease });
    const running = await startService(service, options.db, {
      followed: follows ? { url: options.monolith, token: exportToken, sweepEvery } : null,
      speech: bus && { bus, options },
      exportToken,
    });
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

/** The service, filled and following, ready to listen. */
export async function startService<Store, P extends Part>(
  service: Service<Store, P>,
  databaseFile: string,
  { followed, speech = null, exportToken = '' }: Surroundings,
): Promise<Running> {
  const { name } = service;
  mkdirSync(dirname(databaseFile), { recursive: true });
  const db = new Sqlite(databaseFile);
  db.pragma('journal_mode = WAL');
  // What was promised to a caller or to another service has to outlive a power cut as well.
  db.pragma('synchronous = FULL');
  const store = service.open(db);
  const following =
    followed && follow(service.sources(store), { ...followed, name, db, bus: speech?.bus ?? null, say: console.error });
  try {
    // Before it takes part: what it knows nothing of, it would refuse to reserve.
    await following?.filled;
  } catch (error) {
    await following?.stop();
    db.close();
    throw error;
  }
  const dealings: Dealings<P> | null =
    speech && service.takePart
      ? takePart(name, speech.bus, { db, options: speech.options }, (tools) => service.takePart!(store, tools))
      : null;
  const app = service.app(store, dealings?.part ?? null, () => dealings?.health() ?? null);
  if (exportToken !== '') offerExports(app, service.exports(store, db), exportToken);
  return {
    server: createAdaptorServer({ fetch: app.fetch }) as Server,
    drain: () => dealings?.part.drain?.(),
    async stop() {
      await following?.stop();
      await dealings?.stop();
      db.close();
    },
  };
}
