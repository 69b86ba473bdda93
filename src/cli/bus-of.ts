import { existsSync } from 'node:fs';
import { openUntrimmed } from '../bus/open.ts';
import type { EventBus } from '../ports.ts';
import { Failure } from './failure.ts';
import { mustLoad } from './file.ts';
import type { Terminal } from './terminal.ts';

/**
 * Does something with the bus that routes.yaml names, whether a proxy is up or down; `null` where nothing was ever
 * published, since looking at it would make the file.
 */
export async function withBus<T>(
  file: string,
  terminal: Terminal,
  work: (bus: EventBus) => Promise<T>,
): Promise<T | null> {
  const { bus: location, stream, sync } = (await mustLoad(file, terminal)).settings.events;
  if (location.kind === 'memory') {
    throw new Failure(
      'a bus in memory is known only to the process that runs: name a file or Redis under "events: bus:"',
    );
  }
  if (location.kind === 'sqlite' && !existsSync(location.path)) return null;
  const bus = await openUntrimmed({ location, stream, sync });
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}

export const nothingYet = 'nothing was published yet';
