/** consume-slowly.mjs LOCATION STREAM GROUP: handles an event, says so, and is never done with it. */
import { openEventBus } from '../../../dist/src/events.js';

const [location, stream, group] = process.argv.slice(2);
const bus = await openEventBus(location, { stream, lease: 1_500 });
bus.consume({ group }, async ({ id }) => {
  process.stdout.write(`handling ${id}\n`);
  await new Promise(() => {});
});
