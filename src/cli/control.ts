/**
 * The lever that commands pull. Most states are open to any process, so that a shift works with the proxy up or
 * down; the one in a proxy's memory is only reached through that proxy's admin API.
 */
import { existsSync } from 'node:fs';
import type { ValidFile } from '../config/load.ts';
import type { ByHand, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import { type RolloutStatus, rolloutStatuses } from '../domain/rollout/status.ts';
import type { AdminSettings, Settings } from '../domain/settings.ts';
import { declaredRoutes } from '../domain/status.ts';
import type { HistoryQuery } from '../ports.ts';
import { openState } from '../state/open.ts';
import { adminClient } from './admin-client.ts';
import { Failure } from './failure.ts';

export interface Control {
  /** What it speaks to, in words. */
  readonly by: string;
  read(): Promise<readonly LiveRoute[]>;
  rollouts(): Promise<readonly RolloutStatus[]>;
  change(change: ByHand): Promise<Outcome>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /**
   * Declares a file as a proxy would; does nothing where only the proxy itself can. `remembered` is what a running
   * proxy goes by while the state has lost it.
   */
  declare(loaded: ValidFile, previous: Settings | null, who: string, remembered?: readonly LiveRoute[]): Promise<void>;
  close(): Promise<void>;
}

type Doors = Pick<Settings, 'state' | 'admin'>;

const clock = { now: Date.now };

/** To change something: makes the state where there is none yet. */
export async function openControl({ state: location, admin }: Doors): Promise<Control> {
  if (location.kind === 'memory') {
    return proxyControl(admin);
  }
  const by = `the state ${location.path}`;
  const state = await openState(location, clock).catch((error: Error) => {
    throw new Failure(error.message);
  });
  return {
    by,
    read: () => state.read(),
    rollouts: async () => rolloutStatuses(await state.rollouts()),
    change: (change) => state.change(change),
    history: (query) => state.history(query),
    async declare({ settings, modifiedAt }, previous, who, remembered = []) {
      await state.change({
        kind: 'declare',
        routes: declaredRoutes(settings.routes),
        previous: previous === null ? null : declaredRoutes(previous.routes),
        declaredAt: modifiedAt,
        remembered,
        who,
      });
    },
    close: () => state.close(),
  };
}

/** The running proxy itself: it knows what is declared, and stays open. */
export function proxyControl(admin: AdminSettings): Control {
  const client = adminClient(admin);
  return { ...client, by: `the admin API at ${client.url}`, declare: async () => {}, close: async () => {} };
}

/** To look: leaves no file behind where nobody has started anything yet. `null`: there is nothing to see. */
export async function openForReading(doors: Doors): Promise<Control | null> {
  return doors.state.kind === 'sqlite' && !existsSync(doors.state.path) ? null : openControl(doors);
}

/** Uses a control and closes it, however it ends: an open one keeps the process alive. */
export async function using<T>(control: Control, work: (control: Control) => Promise<T>): Promise<T> {
  try {
    return await work(control);
  } finally {
    await control.close();
  }
}
