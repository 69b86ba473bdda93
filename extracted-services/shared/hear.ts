/**
 * Keeps a service's copies fresh by what the proxy tells of the writes that go through it. An event only says which order
 * it was; what the monolith knows of it by now is fetched. So an event that comes late, twice or in a strange order does
 * no harm: it leads to what is true now, and what is older than what is known changes nothing.
 */
import type { Database } from 'better-sqlite3';
import type { ExportClient } from '../../example/export/client.ts';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { EventBus, EventConsumer } from '../../src/ports.ts';
import { openInbox } from './inbox.ts';
import { firstOwnId } from './own-ids.ts';
import type { Source } from './source.ts';

/** What routes.yaml publishes of the monolith's writes. */
export const heardTypes = ['order.created', 'order.changed'] as const;

/** A minute and a half, with the bus' own waits in between: a monolith that restarts is back by then. */
const attempts = 10;

export interface Hearing {
  readonly db: Database;
  readonly monolith: ExportClient;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: Error | null) => void;
}

export function hear(name: string, bus: EventBus, sources: readonly Source[], hearing: Hearing): EventConsumer {
  const { db, monolith, signal, onTrouble } = hearing;
  const inbox = openInbox(db);
  return bus.consume({ group: `${name}-catch-up`, types: heardTypes, attempts, onTrouble }, async (event) => {
    const order = orderOf(event);
    // Placed with the orders service: the monolith has never heard of it.
    if (order >= firstOwnId) return;
    const told = await Promise.all(
      sources.map(
        async (source) => [source, await monolith.page(source.kind, { order, limit: 1000 }, signal)] as const,
      ),
    );
    inbox.once(event, () => {
      for (const [{ put }, { rows }] of told) for (const row of rows) put(row);
    });
  });
}

function orderOf({ id, subject }: CloudEvent): number {
  if (!/^[1-9]\d{0,14}$/.test(subject))
    throw new Error(`event ${id} is about “${subject}”, which is no order's number`);
  return Number(subject);
}
