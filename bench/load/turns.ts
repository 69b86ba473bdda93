import { program } from '../places.ts';
import { runToEnd } from '../processes.ts';
import type { Histogram } from './histogram.ts';
import type { Order } from './load.ts';

export interface TurnsOrder extends Omit<Order, 'port' | 'seconds'> {
  readonly ports: readonly number[];
  readonly perSecond: number;
  /** ms. */
  readonly turn: number;
  readonly rounds: number;
}

/** For each proxy, in the order of the ports: the latencies of each of its turns. */
export type Turns = readonly { readonly errors: number; readonly histograms: readonly Histogram[] }[];

/** Asks several proxies in turns, by one program: see `programs/turns.ts`. */
export async function inTurns(order: TurnsOrder): Promise<Turns> {
  const time = (order.rounds + 10) * order.ports.length * (order.turn + 1_100) + 20_000;
  const args = [program('turns'), JSON.stringify(order)];
  return JSON.parse(await runToEnd({ file: process.execPath, args }, time)) as Turns;
}
