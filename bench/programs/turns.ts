/**
 * `node turns.js ORDER`: one program that asks several proxies, each for a second or so in its turn, and prints what each
 * turn's latencies were (JSON, {@link Turns}). Turns this short, without a new program for each, leave whatever else the
 * machine does no time to hit one proxy alone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addTo, type Histogram } from '../load/histogram.ts';
import { Pacer } from '../load/pacer.ts';
import type { Turns, TurnsOrder } from '../load/turns.ts';

const { ports, perSecond, turn, rounds, ...rest } = JSON.parse(process.argv[2]!) as TurnsOrder;

/** Rounds at first that are not counted: this program's own code is slow until it has been compiled. */
const warmUp = 3;

/** ms between two turns, in which the last answers' traces are cleared away. */
const pause = 30;

let into: Histogram | null = null;
const pacers = ports.map(
  (port) =>
    new Pacer({ ...rest, port }, perSecond, (milliseconds) => {
      if (into !== null) addTo(into, milliseconds);
    }),
);
const histograms: Histogram[][] = ports.map(() => []);

for (let round = -warmUp; round < rounds; round++) {
  for (let place = 0; place < ports.length; place++) {
    const at = (round + warmUp + place) % ports.length;
    into = round < 0 ? null : {};
    await pacers[at]!.run(turn);
    if (into !== null) histograms[at]!.push(into);
    await delay(pause);
  }
}
const turns: Turns = pacers.map(({ errors }, i) => ({ errors, histograms: histograms[i]! }));
// All of it is written before the end: it is more than a pipe holds.
process.stdout.write(JSON.stringify(turns), () => process.exit());
