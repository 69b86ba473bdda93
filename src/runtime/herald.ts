import type { HistoryEntry } from '../domain/live.ts';
import type { EventSink, State } from '../ports.ts';

/** Entries of one telling: after a longer absence the history command is the place to read. */
const atMost = 100;

/**
 * Says aloud what the history gained, whoever made it: this proxy's reload, a shift from another process, a
 * rollback from another machine. The rows alone would not tell who and why.
 */
export function createHerald(state: Pick<State, 'history'>, events: EventSink, from: number): { tell(): void } {
  let since = from;
  let toldAtSince = new Set<string>();
  let busy = false;
  let askedMeanwhile = false;

  async function tellNew(): Promise<void> {
    const newestFirst = await state.history({ since, limit: atMost });
    for (const entry of newestFirst.toReversed()) {
      const key = JSON.stringify(entry);
      if (toldAtSince.has(key)) continue;
      advance(entry);
      toldAtSince.add(key);
      // A route that is new to the state has shifted nobody, and a first start brings thousands of them. One that is
      // put back has a reason.
      if (entry.from !== null || entry.reason !== null) events.emit({ type: 'route.shifted', entry });
    }
  }

  /** Only the entries of the newest millisecond have to be remembered: `since` leaves out all before. */
  function advance(entry: HistoryEntry): void {
    const at = Date.parse(entry.at);
    if (at <= since) return;
    since = at;
    toldAtSince = new Set();
  }

  async function run(): Promise<void> {
    busy = true;
    do {
      askedMeanwhile = false;
      // An unavailable state is reported by whoever watches it; the entries are told when it is back.
      await tellNew().catch(() => undefined);
    } while (askedMeanwhile);
    busy = false;
  }

  return {
    tell() {
      if (busy) askedMeanwhile = true;
      else void run();
    },
  };
}
