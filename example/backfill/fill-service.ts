import { backfill, type Filled, type Filling } from '../../extracted-services/shared/backfill.ts';
import type { Source } from '../../extracted-services/shared/source.ts';
import { type Progress, progressOn, roughly, whole } from '../process/progress.ts';

/** So often in a row the monolith may have no time, which is about three minutes of waiting. */
const refusals = 12;

/** Fills one service's database, source by source, and says how far it is: to people on stderr, to programs as JSON lines. */
export async function fillService(
  name: string,
  sources: readonly Source[],
  { json, ...filling }: Pick<Filling, 'db' | 'monolith' | 'batch' | 'signal'> & { readonly json: boolean },
): Promise<void> {
  for (const source of sources) {
    const began = performance.now();
    const secondsSince = (): number => (performance.now() - began) / 1000;
    const rateOf = ({ now }: Filled): number => now / secondsSince();
    let progress: Progress | undefined;
    const filled = await backfill(source, {
      ...filling,
      refusals,
      onBatch(reached) {
        if (json) {
          say({ service: name, ...reached, rate: Math.round(rateOf(reached)), done: false });
          return;
        }
        progress ??= progressOn(process.stderr, reached.rows + reached.left, source.kind);
        progress.show({ done: reached.rows, rate: rateOf(reached) });
      },
      onTrouble(error, wait) {
        if (json) say({ service: name, kind: source.kind, trouble: error.message, askingAgainIn: wait });
        else process.stderr.write(`${clear}${error.message}; asking again in ${roughly(wait / 1000)}\n`);
      },
    });
    progress?.end();
    const rate = Math.round(rateOf(filled));
    if (json) say({ service: name, ...filled, rate, done: true });
    else console.log(summary(name, filled, rate, secondsSince()));
  }
}

const clear = process.stderr.isTTY === true ? '\r\u001b[K' : '';
const say = (line: object): void => console.log(JSON.stringify(line));

function summary(name: string, { kind, rows, now }: Filled, rate: number, seconds: number): string {
  const all = `${name.padEnd(9)}  ${kind.padEnd(12)}  ${whole(rows)} in all`;
  return now === 0
    ? `${all}, none to copy any more`
    : `${all}, ${whole(now)} now in ${seconds.toFixed(1)} s, ${whole(rate)} a second`;
}
