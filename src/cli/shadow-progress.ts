import { plural } from '../domain/plural.ts';
import type { Terminal } from './terminal.ts';
import { durationText } from './words.ts';

interface ProgressReporter {
  /** @param left ms until the time is over. */
  tell(pairs: number, left: number, now: number): void;
  /** Once: why there is nothing to tell. */
  silence(why: () => Promise<string>): Promise<void>;
}

/** ms between two lines where nobody watches. */
const betweenLines = 10_000;

/**
 * A bar where somebody watches; else a line now and then.
 * @param from ms since the epoch
 */
export function progressReporter(route: string, wanted: number, from: number, terminal: Terminal): ProgressReporter {
  let toldAt = from;
  let explained = false;
  return {
    tell(pairs, left, now) {
      if (terminal.interactive) {
        terminal.progress(progressLine(route, pairs, wanted, left));
      } else if (now - toldAt >= betweenLines && pairs > 0) {
        toldAt = now;
        terminal.remark(`${pairs} of ${plural(wanted, 'pair')}, ${durationText(left)} left`);
      }
    },
    async silence(why) {
      if (explained) return;
      explained = true;
      const sentence = await why();
      terminal.progress(null);
      terminal.remark(sentence);
    },
  };
}

const width = 24;

/** `order-read  █████████░░░░░░░░░░░░░░░  81 of 200 pairs  1m 12s left, Ctrl-C ends it` */
export function progressLine(route: string, pairs: number, wanted: number, left: number): string {
  const full = Math.min(width, Math.floor((pairs * width) / wanted));
  const bar = '█'.repeat(full) + '░'.repeat(width - full);
  return `${route}  ${bar}  ${pairs} of ${plural(wanted, 'pair')}  ${durationText(Math.max(0, left))} left, Ctrl-C ends it`;
}
