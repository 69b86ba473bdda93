/** `npm run example:backfill`: fills the services' databases from the monolith, from where an earlier run was. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inventory } from '../extracted-services/inventory/service.ts';
import { orders } from '../extracted-services/orders/service.ts';
import { payments } from '../extracted-services/payments/service.ts';
import { openCheckpoints } from '../extracted-services/shared/checkpoints.ts';
import type { Source } from '../extracted-services/shared/source.ts';
import { fillService } from './backfill/fill-service.ts';
import { openExport } from './export/client.ts';
import { dataOption, monolithOption, tokenFor } from './export/places.ts';
import { readCommand, wholeNumber } from './process/options.ts';
import { Sqlite } from './process/sqlite.ts';

const program = 'npm run example:backfill --';
const openers = {
  inventory: (db: InstanceType<typeof Sqlite>): readonly Source[] => inventory.sources(inventory.open(db)),
  payments: (db: InstanceType<typeof Sqlite>): readonly Source[] => payments.sources(payments.open(db)),
  orders: (db: InstanceType<typeof Sqlite>): readonly Source[] => orders.sources(orders.open(db)),
};
const { values, flags, words } = readCommand(program, {
  about: ['Copies what the monolith has into the services’ databases; a run that was ended is gone on with.'],
  values: {
    batch: { means: 'rows a batch, at most 1000', value: '500' },
    data: dataOption,
    monolith: monolithOption,
  },
  flags: { restart: 'begin anew: every row is read and written again', json: 'one JSON line a batch' },
  allowed: Object.keys(openers),
});
const batch = Math.min(1000, wholeNumber(program, 'batch', values.batch, 1));
const token = tokenFor(program, values.data);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const monolith = openExport(`${values.monolith.replace(/\/$/, '')}/api/export`, token);
try {
  for (const name of words as readonly (keyof typeof openers)[]) {
    mkdirSync(resolve(values.data), { recursive: true });
    const db = new Sqlite(join(resolve(values.data), `${name}.db`));
    try {
      db.pragma('journal_mode = WAL');
      const sources = openers[name](db);
      if (flags.restart) for (const { kind } of sources) openCheckpoints(db).forget(kind);
      await fillService(name, sources, { db, monolith, batch, signal: stopping.signal, json: flags.json });
    } finally {
      db.close();
    }
  }
} catch (error) {
  const stopped = stopping.signal.aborted;
  const why = stopped ? 'stopped' : (error as Error).message;
  console.error(`${program} ${why}; what has been copied stays, and the next run goes on from there.`);
  process.exitCode = stopped ? 130 : 1;
} finally {
  await monolith.close();
}
