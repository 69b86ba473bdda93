import { program } from '../places.ts';
import { runToEnd } from '../processes.ts';
import type { Load, Order } from './load.ts';

/** A fixed number of requests a second, whatever the answers: see `programs/paced.ts`. */
export async function paced(order: Order, perSecond: number): Promise<Load> {
  const args = [program('paced'), JSON.stringify({ ...order, perSecond })];
  return JSON.parse(await runToEnd({ file: process.execPath, args }, (order.seconds + 20) * 1_000)) as Load;
}
