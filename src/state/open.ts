import type { StateLocation } from '../domain/settings.ts';
import type { Clock, State } from '../ports.ts';
import { memoryState } from './memory.ts';
import { openSqliteState } from './sqlite.ts';

/** Opens the state that routes.yaml names; `worker` is for those who run these files as TypeScript. */
export async function openState(location: StateLocation, clock: Clock, worker?: URL): Promise<State> {
  switch (location.kind) {
    case 'memory':
      return memoryState(clock);
    case 'sqlite':
      return openSqliteState({ path: location.path, clock, ...(worker && { worker }) });
  }
}
