import type { Counts } from './audit.ts';
import type { Story } from './run.ts';
import type { Ending } from './shopper.ts';

const endings: readonly Ending[] = ['confirmed', 'declined', 'out of stock', 'unavailable', 'left', 'given up'];
const whole = (number: number): string => Math.round(number).toLocaleString('en');

/** The figures, one to a line. */
export function table({ checkouts, killed, milliseconds, retried, quietAfter }: Story, counts: Counts): string {
  const ended = (ending: Ending): number => checkouts.filter((checkout) => checkout.ending === ending).length;
  const requests = checkouts.reduce((sum, checkout) => sum + checkout.requests, 0);
  const slowest = Math.max(...checkouts.map((checkout) => checkout.milliseconds));
  const deaths = [...killed.values()].reduce((sum, count) => sum + count, 0);
  const rows: readonly (readonly [string, string])[] = [
    ['checkouts', `${whole(checkouts.length)} in ${whole(milliseconds / 1_000)} s, by ${whole(requests)} requests`],
    ...endings.map((ending) => [`  ${ending}`, whole(ended(ending))] as const),
    ['killed by kill -9', `${whole(deaths)}: ${[...killed].map(([name, count]) => `${name} ${count}`).join(', ')}`],
    ['longest checkout', `${(slowest / 1_000).toFixed(1)} s`],
    ['charged', `${whole(counts.charged)}, each for a confirmed order`],
    ['given back', whole(counts.refunded)],
    ['charges asked for again', `${whole(counts.askedAgain)}, none made again`],
    ['sagas undone', whole(counts.compensated)],
    ['sagas stuck, tried again', whole(retried)],
    ['pieces sold', whole(counts.sold)],
    ['events had', `${whole(counts.had)}, and ${whole(counts.absorbed)} doubles that did nothing`],
    [
      'orders told of',
      `${whole(counts.told.orders)}, by ${whole(counts.told.events)} events of the proxy, ${whole(counts.told.doubles)} doubles`,
    ],
    [
      'uncertain',
      `${whole(counts.told.uncertain)}, of which ${whole(counts.told.untold)} had happened and nobody was told`,
    ],
    ['quiet after', quietAfter === null ? 'never' : `${(quietAfter / 1_000).toFixed(1)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
