/** What commands look into the outbox by: the file itself, or the proxy that has it in memory. */

import type { OutboxStanding } from '../domain/publishing/intent.ts';
import { hasOutbox, openOutbox, outboxPath } from '../outbox/open.ts';
import type { Outbox } from '../ports.ts';
import { adminClient } from './admin-client.ts';
import type { Doors } from './doors.ts';
import { Failure } from './failure.ts';

export type OutboxControl = Pick<Outbox, 'uncertain' | 'settled' | 'settle' | 'close'> & {
  /** What it speaks to, in words. */
  readonly by: string;
};

/** How much an outbox keeps is no matter to who only looks: nothing is forgotten by that. */
const unbounded = { keep: Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER };

/** What stands in the file, proxy or not; `null` where there is none, or only a proxy's memory. */
export async function standingInFile({ state }: Pick<Doors, 'state'>): Promise<OutboxStanding | null> {
  if (!hasOutbox(state)) return null;
  const outbox = await openOutbox(state, { sync: 'disk', ...unbounded }, { now: Date.now });
  try {
    return await outbox.standing();
  } finally {
    await outbox.close();
  }
}

/** Leaves no file behind where nothing was written yet. `null`: there is none. Every method throws a {@link Failure}. */
export async function openOutboxControl({ state, admin, file }: Doors): Promise<OutboxControl | null> {
  if (state.kind === 'memory') {
    const client = adminClient(admin);
    return { by: `the admin API at ${client.url}`, ...client.outbox, close: async () => {} };
  }
  if (!hasOutbox(state)) return null;
  const sync = file?.settings.events.sync ?? 'disk';
  const outbox = await openOutbox(state, { sync, ...unbounded }, { now: Date.now });
  const fail = (error: Error): never => {
    throw new Failure(error.message);
  };
  return {
    by: `the outbox ${outboxPath(state.path)}`,
    uncertain: (limit) => outbox.uncertain(limit).catch(fail),
    settled: (limit) => outbox.settled(limit).catch(fail),
    settle: (settlement) => outbox.settle(settlement).catch(fail),
    close: () => outbox.close(),
  };
}
