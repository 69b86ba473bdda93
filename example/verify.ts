/** `npm run example:verify`: counts where the services' copies have drifted from what the monolith has. Exits 1 on drift. */
import { firstOwnId } from '../extracted-services/shared/own-ids.ts';
import { type ExportClient, openExport } from './export/client.ts';
import { dataOption, monolithOption, serviceUrl, tokenFor } from './export/places.ts';
import { readCommand, seconds, wholeNumber } from './process/options.ts';
import { type Progress, progressOn } from './process/progress.ts';
import { type Drift, drifted } from './verify/drift.ts';
import { tell } from './verify/tell.ts';
import { type Kind, verifyKind } from './verify/verify-kind.ts';

const kinds: Readonly<Record<'orders' | 'payments' | 'inventory', readonly Kind[]>> = {
  orders: [{ kind: 'orders', key: 'id', firstOwn: firstOwnId }],
  payments: [{ kind: 'payments', key: 'id', firstOwn: firstOwnId }],
  inventory: [
    { kind: 'stock', key: 'sku' },
    { kind: 'reservations', key: 'orderId', firstOwn: firstOwnId },
  ],
};

const program = 'npm run example:verify --';
const { values, flags, words } = readCommand(program, {
  about: [
    'Holds the services’ copies against the monolith, and exits 1 where they have drifted, 2 where it can’t tell.',
  ],
  values: {
    since: { means: 'only what was changed then or later, such as 2026-01-31T12:00:00Z', value: '' },
    sample: { means: 'about so many of each kind', value: '' },
    grace: { means: 'seconds in which a change may still be on its way', value: '1' },
    data: { ...dataOption, means: 'where the token is' },
    monolith: monolithOption,
    orders: { means: 'where the orders service is', value: serviceUrl('orders') },
    payments: { means: 'where the payments service is', value: serviceUrl('payments') },
    inventory: { means: 'where the inventory service is', value: serviceUrl('inventory') },
  },
  flags: { json: 'the result as JSON' },
  allowed: Object.keys(kinds),
});
if (values.since !== '' && Number.isNaN(Date.parse(values.since))) {
  console.error(`${program}: --since has to be a time such as 2026-01-31T12:00:00Z, not “${values.since}”`);
  process.exit(2);
}
const sample = values.sample === '' ? undefined : wholeNumber(program, 'sample', values.sample, 1);
const grace = seconds(program, 'grace', values.grace) * 1000;
const token = tokenFor(program, values.data);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const clients: ExportClient[] = [];
const open = (url: string): ExportClient => {
  const client = openExport(url, token);
  clients.push(client);
  return client;
};
const legacy = open(`${values.monolith.replace(/\/$/, '')}/api/export`);

try {
  const drifts: Drift[] = [];
  for (const name of words as readonly (keyof typeof kinds)[]) {
    const service = open(`${values[name].replace(/\/$/, '')}/export`);
    for (const kind of kinds[name]) drifts.push(await verify(kind, service));
  }
  const clean = !drifts.some(drifted);
  console.log(flags.json ? JSON.stringify({ clean, kinds: drifts }) : tell(drifts));
  process.exitCode = clean ? 0 : 1;
} catch (error) {
  const stopped = stopping.signal.aborted;
  console.error(`${program} ${stopped ? 'stopped' : (error as Error).message}`);
  process.exitCode = stopped ? 130 : 2;
} finally {
  await Promise.all(clients.map((client) => client.close()));
}

async function verify(kind: Kind, service: ExportClient): Promise<Drift> {
  let shown: { readonly total: number; readonly progress: Progress } | undefined;
  const began = performance.now();
  const drift = await verifyKind(kind, {
    legacy,
    service,
    signal: stopping.signal,
    since: values.since || undefined,
    sample,
    grace,
    onProgress({ done, total }) {
      if (flags.json) return;
      // How much the service has is known only once the monolith's half is through.
      if (shown?.total !== total) shown = { total, progress: progressOn(process.stderr, total, kind.kind) };
      shown.progress.show({ done, rate: done / ((performance.now() - began) / 1000) });
    },
  });
  shown?.progress.end();
  return drift;
}
