import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { portNumber, readOptions } from '../../example/process/options.ts';
import { serveUntilStopped } from '../../example/process/serve.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { gatewayApp } from './app.ts';
import { openLedger } from './ledger.ts';

const name = 'gateway';
const options = readOptions(name, { port: '4004', host: '127.0.0.1', db: 'example/data/gateway.db' });
const port = portNumber(name, options.port);

mkdirSync(dirname(options.db), { recursive: true });
const db = new Sqlite(options.db);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
const { app, letGo } = gatewayApp(openLedger(db));
const server = createAdaptorServer({ fetch: app.fetch }) as Server;
serveUntilStopped({ name, server, host: options.host, port, draining: letGo, stopped: () => void db.close() });
