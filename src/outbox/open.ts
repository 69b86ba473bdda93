import { existsSync } from 'node:fs';
import type { EventsSettings } from '../domain/events-settings.ts';
import type { StateLocation } from '../domain/settings.ts';
import type { Clock, Outbox } from '../ports.ts';
import { MemoryOutbox } from './memory.ts';
import { openSqliteOutbox } from './sqlite.ts';

/** Opens the outbox that belongs to a state. Never rejects: what can't be used fails what is asked of it. */
export async function openOutbox(
  location: StateLocation,
  { sync, keep, most }: Pick<EventsSettings, 'sync' | 'keep' | 'most'>,
  clock: Clock,
  worker?: URL,
): Promise<Outbox> {
  const bounds = { keep, most };
  switch (location.kind) {
    case 'memory':
      return new MemoryOutbox(clock, bounds);
    case 'sqlite':
      return openSqliteOutbox({ path: outboxPath(location.path), sync, bounds, ...(worker && { worker }) });
  }
}

/** `state.db` → `state.outbox.db`, beside it. */
export function outboxPath(statePath: string): string {
  return `${statePath.replace(/\.db$/, '')}.outbox.db`;
}

/** Whether an outbox has been written here: what waits in it is to be delivered, whatever routes publish now. */
export function hasOutbox(location: StateLocation): boolean {
  return location.kind === 'sqlite' && existsSync(outboxPath(location.path));
}
