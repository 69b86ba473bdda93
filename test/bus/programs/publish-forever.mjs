/** publish-forever.mjs LOCATION STREAM NAME: publishes, and tells `done ID` of each event that was acknowledged. */
import { writeSync } from 'node:fs';
import { openEventBus } from '../../../dist/src/events.js';

const [location, stream, name] = process.argv.slice(2);
const bus = await openEventBus(location, { stream });
for (let i = 0; ; i++) {
  const id = `${name}-${i}`;
  await bus.publish([
    {
      specversion: '1.0',
      id,
      type: 'order.created',
      source: '/test',
      subject: name,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { i },
    },
  ]);
  writeSync(1, `done ${id}\n`);
}
