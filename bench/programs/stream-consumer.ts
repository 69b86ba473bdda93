/** `stream-consumer LOCATION STREAM GROUP`: consumes, and tells its parent how long each event took to reach it. */
import { openEventBus } from '../../src/events.ts';
import { wallClock } from '../wall-clock.ts';

const tellEvery = 20;

const [location = '', stream = '', group = ''] = process.argv.slice(2);
const bus = await openEventBus(location, { stream });
let latencies: number[] = [];
bus.consume({ group }, async ({ data }) => {
  latencies.push(wallClock() - (data as { at: number }).at);
});
setInterval(() => {
  if (latencies.length === 0) return;
  process.send!({ latencies });
  latencies = [];
}, tellEvery);
process.send!({ ready: true });
process.on('disconnect', () => process.exit());
