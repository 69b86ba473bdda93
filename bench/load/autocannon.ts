import { program } from '../places.ts';
import { runToEnd } from '../processes.ts';
import type { Load, LoadGenerator } from './load.ts';

/** `autocannon`, in a process of its own; its latencies are whole milliseconds. */
export const autocannon: LoadGenerator = {
  name: 'autocannon',
  async run(order) {
    const args = [program('autocannon'), JSON.stringify(order)];
    return JSON.parse(await runToEnd({ file: process.execPath, args }, (order.seconds + 20) * 1_000)) as Load;
  },
};
