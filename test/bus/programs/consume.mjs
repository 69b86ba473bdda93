/** consume.mjs LOCATION STREAM GROUP: handles events as they come. */
import { openEventBus } from '../../../dist/src/events.js';

const [location, stream, group] = process.argv.slice(2);
const bus = await openEventBus(location, { stream, lease: 1_500 });
bus.consume({ group }, async ({ id }) => {
  process.stdout.write(`done ${id}\n`);
});
process.stdout.write('ready\n');
