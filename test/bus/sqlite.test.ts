import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openUntrimmed } from '../../src/bus/open.ts';
import { describeBus } from '../contract/bus.ts';
import { compiledBusWorker } from './place.ts';

describeBus('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-bus-'));
  const path = join(folder, 'events.db');
  const stream = 'strangler.events';
  return {
    open: () =>
      openUntrimmed({
        location: { kind: 'sqlite', path },
        stream,
        sync: 'disk',
        lease: 1_500,
        worker: compiledBusWorker,
      }),
    location: `sqlite:${path}`,
    stream,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
