/** `node paced.js ORDER`: sends `perSecond` requests each second and prints a Load (JSON): see `load/pacer.ts`. */
import type { Load, Order } from '../load/load.ts';
import { Pacer } from '../load/pacer.ts';

const order = JSON.parse(process.argv[2]!) as Order & { readonly perSecond: number };
const latencies: number[] = [];
const pacer = new Pacer(order, order.perSecond, (milliseconds) => latencies.push(milliseconds));

await pacer.run(order.seconds * 1_000);
const sorted = Float64Array.from(latencies).sort();
const load: Load = {
  requests: sorted.length,
  seconds: order.seconds,
  errors: pacer.errors,
  p50: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
  p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
};
console.log(JSON.stringify(load));
process.exit();
