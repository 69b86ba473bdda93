/** How a service has copies of what the monolith still owns: filled once, then kept fresh by events, and swept. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { openExport } from '../../example/export/client.ts';
import type { EventBus } from '../../src/ports.ts';
import { backfill } from './backfill.ts';
import { hear } from './hear.ts';
import type { Source } from './source.ts';
import { sweep } from './sweep.ts';

/** Where the monolith is. */
export interface Followed {
  readonly url: string;
  /** What its export wants to see. */
  readonly token: string;
  /** ms between two sweeps. */
  readonly sweepEvery: number;
}

export interface FollowOptions extends Followed {
  /** As the service is called in what is said. */
  readonly name: string;
  readonly db: Database;
  /** `null`: nobody tells it of changes, and the sweeps are all there is. */
  readonly bus: EventBus | null;
  readonly say: (line: string) => void;
}

export interface Following {
  /** Everything there was has been copied; rejects when it can't be. */
  readonly filled: Promise<void>;
  stop(): Promise<void>;
}

const batch = 500;

/** What has been filled before is there at once, and what changed while nobody looked comes with the first sweep. */
export function follow(sources: readonly Source[], options: FollowOptions): Following {
  const { name, db, bus, sweepEvery, say } = options;
  const monolith = openExport(`${options.url.replace(/\/$/, '')}/api/export`, options.token);
  const ending = new AbortController();
  const { signal } = ending;

  const fill = async (): Promise<void> => {
    for (const source of sources) {
      const { kind, now } = await backfill(source, {
        db,
        monolith,
        batch,
        signal,
        // A service waits for its monolith for as long as it takes.
        refusals: Number.POSITIVE_INFINITY,
        onTrouble: (error, wait) => say(`${name}: ${error.message}; asking again in ${wait / 1000} s`),
      });
      if (now > 0) say(`${name}: ${now} ${kind} from the monolith`);
    }
  };

  let trouble: string | null = null;
  /** Once when it begins, and once when it is over. */
  const troubled = (now: string | null): void => {
    if (now !== null && trouble === null) say(`${name}: ${now}`);
    if (now === null && trouble !== null) say(`${name}: the monolith can be read again`);
    trouble = now;
  };
  const sweepOnce = async (): Promise<void> => {
    try {
      for (const source of sources) await sweep(source, { db, monolith, signal });
      troubled(null);
    } catch (error) {
      // What is known keeps being served; the next sweep tries again.
      if (!signal.aborted) troubled((error as Error).message);
    }
  };

  const filled = fill();
  const keepFresh = async (): Promise<void> => {
    await filled;
    const consumer =
      bus &&
      hear(name, bus, sources, {
        db,
        monolith,
        signal,
        onTrouble: (error) => say(`${name}: the bus: ${error ? error.message : 'well again'}`),
      });
    while (!signal.aborted) {
      await sweepOnce();
      await sleep(sweepEvery, undefined, { signal }).catch(() => {});
    }
    await consumer?.stop();
  };
  // Whoever waits for `filled` hears why it failed.
  const ended = keepFresh().catch(() => {});

  return {
    filled,
    async stop() {
      ending.abort(new Error(`${name} stops`));
      await ended;
      await monolith.close();
    },
  };
}
