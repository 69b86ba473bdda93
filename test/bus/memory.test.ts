import { openUntrimmed } from '../../src/bus/open.ts';
import { describeBus } from '../contract/bus.ts';

describeBus('memory', async () => {
  const location = { kind: 'memory' } as const;
  const bus = await openUntrimmed({ location, stream: 'strangler.events', sync: 'system' });
  // Only this process knows it, so all handles are the same.
  return { open: async () => bus, location: null, stream: 'strangler.events', remove: () => bus.close() };
});
